/** Brings an upload under way on one backend the parts that it lacks, out of the whole object on another one. */
import { createHash } from "node:crypto";
import { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import { type BlobBytes, finishOrThrow, readRange, writeOrThrow } from "./copy-replica.ts";

/** A part of the object; its ETag is the md5 of its bytes. */
interface Part {
  readonly partNumber: number;
  readonly size: number;
  readonly etag: string;
}

/**
 * `parts`: all of the object's, in order; those in `missing` are copied. Each is held against its ETag. Throws
 * BackendError that names the backend at fault.
 */
export async function fillParts<P extends Part>(
  whole: BlobBytes,
  parts: readonly P[],
  missing: ReadonlySet<P>,
  from: FleetMember,
  to: { readonly member: FleetMember; readonly uploadId: string },
  signal: AbortSignal,
): Promise<void> {
  let first = 0;
  for (const part of parts) {
    if (missing.has(part)) await fillPart(whole, part, first, from, to, signal);
    first += part.size;
  }
}

async function fillPart(
  whole: BlobBytes,
  { partNumber, size, etag }: Part,
  first: number,
  from: FleetMember,
  to: { readonly member: FleetMember; readonly uploadId: string },
  signal: AbortSignal,
): Promise<void> {
  const md5 = createHash("md5");
  const sink = to.member.backend.writePart(whole.storageKey, to.uploadId, partNumber, size);
  try {
    await readRange(whole, from, { first, last: first + size - 1 }, { signal }, (chunk) => {
      md5.update(chunk);
      return writeOrThrow(sink, chunk);
    });
    const found = md5.digest("hex");
    if (found !== etag)
      throw new BackendError(from.backend.name, "corrupt", { detail: `part ${partNumber} is ${found}, not ${etag}` });
    await finishOrThrow(sink, etag);
  } catch (error) {
    sink.abort();
    throw error;
  }
}
