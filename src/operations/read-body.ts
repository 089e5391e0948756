/** The XML body of a request: read whole, bounded, and held against every claim its sender made about it. */
import { gather } from "../blobs/gather.ts";
import { checkClaims } from "../checksums/claims.ts";
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
  checkClaims(claims, await digestBuffer(bytes, claims.checksum?.algorithm));
  return bytes.toString("utf8");
}

async function collect(body: IncomingBody, limit: number): Promise<Buffer> {
  const gathered = gather(limit);
  for await (const chunk of body.open(Math.min(body.length ?? limit, limit)) as AsyncIterable<Buffer>) {
    if (gathered.size + chunk.length > limit) throw new S3Error("MaxMessageLengthExceeded");
    gathered.add(chunk);
  }
  return gathered.whole();
}
