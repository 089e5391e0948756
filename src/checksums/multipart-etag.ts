/** S3's ETag of an object uploaded in parts: the md5 of the parts' md5s, a dash and their number. */
import { createHash } from "node:crypto";

/** `partEtags`: hex md5s without quotes, in order. */
export function multipartEtag(partEtags: readonly string[]): string {
  const md5 = createHash("md5");
  for (const etag of partEtags) md5.update(Buffer.from(etag, "hex"));
  return `${md5.digest("hex")}-${partEtags.length}`;
}
