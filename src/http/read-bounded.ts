/** A body read whole into memory, up to a limit, and held against the digest that was signed for it. */
import { createHash } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { IncomingBody } from "../protocol/incoming-body.ts";

/**
 * `limit`: bytes. Throws what `tooLarge` makes once the body is known to be longer, and XAmzContentSHA256Mismatch.
 */
export async function readBounded(body: IncomingBody, limit: number, tooLarge: () => Error): Promise<Buffer> {
  const { length = limit, sha256 } = body;
  if (length > limit) throw tooLarge();
  // One buffer: a list of pieces could cost a hundred times as much, and how large they are is up to the client.
  const buffer = Buffer.alloc(length);
  let size = 0;
  for await (const chunk of body.open(length) as AsyncIterable<Buffer>) {
    if (size + chunk.length > length) throw tooLarge();
    buffer.set(chunk, size);
    size += chunk.length;
  }
  const whole = buffer.subarray(0, size);
  const found = createHash("sha256").update(whole).digest("hex");
  if (sha256 !== undefined && sha256 !== found)
    throw new S3Error("XAmzContentSHA256Mismatch", {
      elements: { ClientComputedContentSHA256: sha256, S3ComputedContentSHA256: found },
    });
  return whole;
}
