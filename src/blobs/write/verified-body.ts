/**
 * A client's stream -> digests, in memory or on its way to writers. Length and claims are checked before the last chunk
 * goes on, so bytes that are not what the client said never become visible anywhere.
 */

import { checkClaims } from "../../checksums/claims.ts";
import { type Digests, digestBuffer, openDigester, type Wanted, type WholeDigests } from "../../checksums/digest.ts";
import { S3Error } from "../../errors.ts";
import type { ChecksumAlgorithm } from "../../model.ts";
import { gather } from "../gather.ts";
import { heldByTransfer } from "../held-by-transfer.ts";
import { pump } from "../pump.ts";
import type { BodySource } from "./body-source.ts";

/** Reads a small body whole. Throws S3Error: IncompleteBody, or what a claim that fails says. */
export async function readVerified(
  bytes: BodySource,
): Promise<{ readonly buffer: Buffer; readonly digests: WholeDigests }> {
  const gathered = gather(bytes.size);
  await pumpFromClient(bytes, bytes.size, (chunk) => {
    checkNotLonger(gathered.size + chunk.length, bytes.size);
    gathered.add(chunk);
    return undefined;
  });
  checkWhole(gathered.size, bytes.size);
  const buffer = gathered.whole();
  const digests = await digestBuffer(buffer, bytes.claims.checksum?.algorithm);
  checkClaims(bytes.claims, digests);
  return { buffer, digests };
}

/**
 * Streams a body to `write`, all but its last chunk, which is given back when everything about the body is known to
 * be right. What the client claims is computed whether it is wanted or not. Throws S3Error as `readVerified` does, or
 * the reason of `giveUp` when that aborts.
 */
export async function streamVerified(
  bytes: BodySource,
  wanted: Wanted,
  write: (chunk: Buffer) => Promise<void> | undefined,
  giveUp?: AbortSignal,
): Promise<{ readonly digests: Digests; readonly last: Buffer | undefined }> {
  const { claims } = bytes;
  const algorithm: ChecksumAlgorithm | undefined = claims.checksum?.algorithm;
  const digester = await openDigester(
    { sha256: wanted.sha256 || claims.sha256 !== undefined, md5: wanted.md5 || claims.md5 !== undefined },
    algorithm,
  );
  let last: Buffer | undefined;
  await pumpFromClient(
    bytes,
    heldByTransfer(bytes.size),
    (chunk) => {
      digester.update(chunk);
      checkNotLonger(digester.size, bytes.size);
      const before = last;
      last = chunk;
      return before && write(before);
    },
    giveUp,
  );
  checkWhole(digester.size, bytes.size);
  const digests = digester.finish();
  checkClaims(claims, digests);
  return { digests, last };
}

async function pumpFromClient(
  bytes: BodySource,
  held: number,
  take: (chunk: Buffer) => Promise<void> | undefined,
  giveUp?: AbortSignal,
): Promise<void> {
  const { signal: left } = bytes.sender;
  const signal = giveUp === undefined ? left : AbortSignal.any([left, giveUp]);
  try {
    await pump(bytes.open(held), take, signal);
  } catch (cause) {
    throw cause instanceof S3Error ? cause : new S3Error("IncompleteBody", {}, { cause });
  }
}

function checkNotLonger(received: number, size: number): void {
  if (received > size) throw new S3Error("IncompleteBody");
}

function checkWhole(received: number, size: number): void {
  if (received !== size) throw new S3Error("IncompleteBody");
}
