/** The XML body of a request: read whole, bounded, and held against every claim its sender made about it. */
import { digestBuffer } from "../checksums/digest.ts";
import { S3Error } from "../errors.ts";
import type { IncomingBody } from "../protocol/incoming-body.ts";
import { readClaims } from "../protocol/read-claims.ts";
import type { ServiceCall } from "./operation.ts";

const MEBIBYTE = 1_048_576;

/**
 * The body as text, "" when there is none. Throws MaxMessageLengthExceeded beyond `limit` bytes, BadDigest or
 * XAmzContentSHA256Mismatch when a claim does not hold.
 */
export async function readBody(
  { headers, body }: Pick<ServiceCall, "headers" | "body">,
  limit: number = MEBIBYTE,
): Promise<string> {
  const claims = readClaims(headers, body);
  if ((body.length ?? 0) > limit) throw new S3Error("MaxMessageLengthExceeded");
  const bytes = await collect(body, limit);
  const found = await digestBuffer(bytes, claims.checksum?.algorithm);
  if (claims.sha256 !== undefined && claims.sha256 !== found.sha256) throw new S3Error("XAmzContentSHA256Mismatch");
  if (claims.md5 !== undefined && claims.md5 !== found.md5) throw new S3Error("BadDigest");
  if (claims.checksum?.value !== undefined && claims.checksum.value() !== found.checksum)
    throw new S3Error("BadDigest", {
      message: `The ${claims.checksum.algorithm} you specified did not match the calculated checksum.`,
    });
  return bytes.toString("utf8");
}

async function collect(body: IncomingBody, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body.open() as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new S3Error("MaxMessageLengthExceeded");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
