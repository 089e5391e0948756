/** What DeleteObjects is asked. Pure. */
import { escapeXml } from "../../../wire/xml.ts";

export interface Doomed {
  readonly key: string;
  /** It is left where it has changed since. */
  readonly etag?: string;
}

export function deleteDocument(doomed: readonly Doomed[]): string {
  const objects = doomed.map(({ key, etag }) => {
    const condition = etag === undefined ? "" : `<ETag>${escapeXml(`"${etag}"`)}</ETag>`;
    return `<Object><Key>${escapeXml(key)}</Key>${condition}</Object>`;
  });
  return `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects.join("")}</Delete>`;
}
