/** Deletes objects by DeleteObjects: also those whose keys no address of a browser can hold. */
import { ask } from "../../../session.ts";
import { done, type Fault, type Result } from "../../../wire/fault.ts";
import { type Doomed, deleteDocument } from "./delete-document.ts";
import type { Failure } from "./task.ts";

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
