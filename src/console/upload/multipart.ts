/**
 * S3's calls around an upload in parts. Uploads begin with a sha256 for each part: the gateway then keeps and lists
 * the digests, and they prove after a reload which parts stand.
 */
import { ask, tell } from "../session.ts";
import { done, type Result } from "../wire/fault.ts";
import { decodeName, escapeXml, type Node } from "../wire/xml.ts";
import type { StoredPart } from "./resume.ts";

export interface Place {
  readonly bucket: string;
  readonly key: string;
}

/** The id of a new upload. */
export async function createUpload(place: Place, contentType: string, signal: AbortSignal): Promise<Result<string>> {
  const answer = await ask({
    method: "POST",
    path: pathOf(place),
    query: { uploads: "" },
    headers: {
      "content-type": contentType,
      "x-amz-checksum-algorithm": "SHA256",
      "x-amz-checksum-type": "COMPOSITE",
    },
    signal,
  });
  return answer.ok ? done(answer.value.text("UploadId") ?? "") : answer;
}

/** Unfinished uploads of exactly this key whose parts have a sha256, the newest first. */
export async function listUploads(place: Place, signal: AbortSignal): Promise<Result<readonly string[]>> {
  const query = { uploads: "", prefix: place.key, "encoding-type": "url", "max-uploads": 1000 };
  const answer = await ask({ path: `/${place.bucket}`, query, signal });
  if (!answer.ok) return answer;
  const own = answer.value
    .all("Upload")
    .filter((upload) => decodeName(upload.text("Key") ?? "") === place.key)
    .filter((upload) => upload.text("ChecksumAlgorithm") === "SHA256")
    .map((upload) => ({ id: upload.text("UploadId") ?? "", begun: upload.text("Initiated") ?? "" }));
  return done(own.sort((a, b) => (a.begun < b.begun ? 1 : -1)).map(({ id }) => id));
}

/** All stored parts, in order. */
export async function listParts(place: Place, id: string, signal: AbortSignal): Promise<Result<readonly StoredPart[]>> {
  const parts: StoredPart[] = [];
  for (let after: string | undefined = "0"; after !== undefined; ) {
    const query = { uploadId: id, "max-parts": 1000, "part-number-marker": after };
    const answer: Result<Node> = await ask({ path: pathOf(place), query, signal });
    if (!answer.ok) return answer;
    parts.push(...answer.value.all("Part").map(partOf));
    after = answer.value.text("IsTruncated") === "true" ? answer.value.text("NextPartNumberMarker") : undefined;
  }
  return done(parts);
}

export async function completeUpload(
  place: Place,
  id: string,
  parts: readonly StoredPart[],
  signal: AbortSignal,
): Promise<Result<string>> {
  const list = parts.map(
    ({ number, etag, sha256 = "" }) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag>` +
      `<ChecksumSHA256>${base64OfHex(sha256)}</ChecksumSHA256></Part>`,
  );
  const answer = await ask({
    method: "POST",
    path: pathOf(place),
    query: { uploadId: id },
    headers: { "content-type": "application/xml" },
    body: `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`,
    signal,
  });
  return answer.ok ? done(answer.value.text("ETag") ?? "") : answer;
}

export async function abortUpload(place: Place, id: string): Promise<Result<undefined>> {
  return tell({ method: "DELETE", path: pathOf(place), query: { uploadId: id } });
}

export function pathOf({ bucket, key }: Place): string {
  return `/${bucket}/${key}`;
}

function partOf(node: Node): StoredPart {
  const checksum = node.text("ChecksumSHA256");
  return {
    number: Number(node.text("PartNumber")),
    size: Number(node.text("Size")),
    etag: node.text("ETag") ?? "",
    sha256: checksum === undefined ? undefined : hexOfBase64(checksum),
  };
}

function hexOfBase64(text: string): string {
  return [...atob(text)].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

function base64OfHex(hex: string): string {
  return btoa(hex.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))));
}
