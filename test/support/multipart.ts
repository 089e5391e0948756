/** Hand-signed multipart uploads, shared by the tests of their operations. */
import { type OpenBucket, texts } from "./open-bucket.ts";
import type { Answer } from "./raw-request.ts";

/** Of every part but the last. */
export const MIN_PART = 5 * 1024 ** 2;

export interface SentPart {
  readonly partNumber: number;
  readonly etag: string;
}

export async function startUpload(
  on: OpenBucket,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [uploadId = ""] = texts(await on.ok("POST", key, { query: "uploads", headers }), "UploadId");
  return uploadId;
}

export function sendPart(
  on: OpenBucket,
  key: string,
  uploadId: string,
  partNumber: number,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
) {
  return on.call("PUT", key, { query: { uploadId, partNumber: String(partNumber) }, body, headers });
}

/** Sends parts numbered from 1. */
export async function sendParts(
  on: OpenBucket,
  key: string,
  uploadId: string,
  bodies: readonly (Buffer | string)[],
): Promise<readonly SentPart[]> {
  const sent: SentPart[] = [];
  for (const [index, body] of bodies.entries()) {
    const answer = await sendPart(on, key, uploadId, index + 1, body);
    sent.push({ partNumber: index + 1, etag: String(answer.headers["etag"]) });
  }
  return sent;
}

export function partList(
  parts: readonly { readonly partNumber: number | string; readonly etag: string; readonly more?: string }[],
): string {
  const elements = parts.map(
    ({ partNumber, etag, more = "" }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>${etag}</ETag>${more}</Part>`,
  );
  return `<CompleteMultipartUpload>${elements.join("")}</CompleteMultipartUpload>`;
}

export function complete(
  on: OpenBucket,
  key: string,
  uploadId: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return on.call("POST", key, { query: { uploadId }, body, headers });
}

/** A whole upload; throws when it was refused. */
export async function upload(
  on: OpenBucket,
  key: string,
  bodies: readonly (Buffer | string)[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const uploadId = await startUpload(on, key, headers);
  const answer = await complete(on, key, uploadId, partList(await sendParts(on, key, uploadId, bodies)));
  if (answer.status !== 200) throw new Error(answer.text);
  return answer;
}
