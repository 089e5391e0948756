/** Deletes objects by DeleteObjects: also those whose keys no address of a browser can hold. */
import { ask } from "../../../session.ts";
import { done, type Fault, type Result } from "../../../wire/fault.ts";
import { escapeXml } from "../../../wire/xml.ts";
import type { Failure } from "./task.ts";

export interface Doomed {
  readonly key: string;
  /** It is left where it has changed since. */
  readonly etag?: string;
}

/** Those that were not deleted. 1,000 at most. */
export async function deleteMany(bucket: string, doomed: readonly Doomed[]): Promise<Result<readonly Failure[]>> {
  if (doomed.length === 0) return done([]);
  const headers = { "content-type": "application/xml" };
  const body = deleteDocument(doomed);
  const answer = await ask({ method: "POST", path: `/${bucket}`, query: { delete: "" }, headers, body });
  if (!answer.ok) return answer;
  return done(
    answer.value.all("Error").map((error) => {
      const code = error.text("Code") ?? "Unknown";
      const fault: Fault = { code, message: error.text("Message") ?? code, status: 200 };
      return { key: error.text("Key") ?? "", fault };
    }),
  );
}

export function deleteDocument(doomed: readonly Doomed[]): string {
  const objects = doomed.map(({ key, etag }) => {
    const condition = etag === undefined ? "" : `<ETag>${escapeXml(`"${etag}"`)}</ETag>`;
    return `<Object><Key>${escapeXml(key)}</Key>${condition}</Object>`;
  });
  return `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects.join("")}</Delete>`;
}
