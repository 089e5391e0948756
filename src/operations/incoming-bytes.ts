/** An upload's bytes for blobs/: their size, every claim about them, and a stream that opens at the first read. */
import type { BodySource } from "../blobs/blob-store.ts";
import type { Claims } from "../checksums/claims.ts";
import { S3Error } from "../errors.ts";
import type { ServiceCall } from "./operation.ts";

const MAX_BYTES = 5 * 1024 ** 3;

/** Throws MissingContentLength, or EntityTooLarge beyond the 5 GiB that one request may carry. */
export function incomingBytes(call: Pick<ServiceCall, "body" | "signal">, claims: Claims): BodySource {
  const { body } = call;
  const size = body.length;
  if (size === undefined) throw new S3Error("MissingContentLength");
  if (size > MAX_BYTES)
    throw new S3Error("EntityTooLarge", {
      elements: { ProposedSize: String(size), MaxSizeAllowed: String(MAX_BYTES) },
    });
  return { size, open: (held) => body.open(held), claims, sender: call };
}
