/**
 * Copies a blob from one backend to another, cut as it was cut before so that the ETag stays the same. Every byte is
 * hashed on the way; a source that is not the blob never becomes visible at the target.
 */
import { createHash, type Hash } from "node:crypto";
import { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import type { Blob, ByteRange } from "../../model.ts";
import { pump } from "../pump.ts";
import { asBackendError, onDown, wentDown, whileUp } from "../while-up.ts";
import { ReplicaWriter } from "./replica-writer.ts";
import { checkSame } from "./verify.ts";

/** What of a blob is needed to move its bytes. */
export type BlobBytes = Pick<Blob, "storageKey" | "size" | "etag" | "digest" | "partSizes">;

/** Throws BackendError that names the backend at fault: the source (absent, corrupt: not the blob) or the target. */
export async function copyReplica(
  blob: BlobBytes,
  from: FleetMember,
  to: FleetMember,
  signal?: AbortSignal,
): Promise<void> {
  if (blob.partSizes === undefined) await copyWhole(blob, from, to, signal);
  else await copyInParts(blob, blob.partSizes, from, to, signal);
}

/**
 * Reads a replica whole and gives its sha256. Throws BackendError: corrupt when size, ETag, the bytes' own md5s or a
 * known digest disagree.
 */
export async function readReplica(blob: BlobBytes, from: FleetMember, signal?: AbortSignal): Promise<string> {
  const sha256 = createHash("sha256");
  const md5s: string[] = [];
  for (const part of partsOf(blob)) {
    const md5 = createHash("md5");
    await readRange(blob, from, part.range, signal, (chunk) => {
      sha256.update(chunk);
      md5.update(chunk);
      return undefined;
    });
    md5s.push(md5.digest("hex"));
  }
  return checkBytes(blob, from, md5s, sha256);
}

async function copyWhole(
  blob: BlobBytes,
  from: FleetMember,
  to: FleetMember,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sha256 = createHash("sha256");
  const md5 = createHash("md5");
  const writer = openWriter(to, () => to.backend.write(blob.storageKey, blob.size));
  let last: Buffer | undefined;
  try {
    await readRange(blob, from, undefined, signal, (chunk) => {
      sha256.update(chunk);
      md5.update(chunk);
      const before = last;
      last = chunk;
      return before && writeOrThrow(writer, before);
    });
    checkBytes(blob, from, [md5.digest("hex")], sha256);
    if (last !== undefined) await writer.write(last);
    await finishOrThrow(writer, blob.etag);
  } catch (error) {
    writer.abort();
    throw error;
  }
}

async function copyInParts(
  blob: BlobBytes,
  partSizes: readonly number[],
  from: FleetMember,
  to: FleetMember,
  signal: AbortSignal | undefined,
): Promise<void> {
  // What an upload that failed here before may have left under the same name.
  await whileUp(to, () => to.backend.abortUpload(blob.storageKey));
  const uploadId = await whileUp(to, () => to.backend.createUpload(blob.storageKey));
  const sha256 = createHash("sha256");
  const parts: { partNumber: number; etag: string }[] = [];
  try {
    for (const { range, size } of partsOf({ ...blob, partSizes })) {
      const partNumber = parts.length + 1;
      const md5 = createHash("md5");
      const writer = openWriter(to, () => to.backend.writePart(blob.storageKey, uploadId, partNumber, size));
      try {
        await readRange(blob, from, range, signal, (chunk) => {
          sha256.update(chunk);
          md5.update(chunk);
          return writeOrThrow(writer, chunk);
        });
        const etag = md5.digest("hex");
        await finishOrThrow(writer, etag);
        parts.push({ partNumber, etag });
      } catch (error) {
        writer.abort();
        throw error;
      }
    }
    const md5s = parts.map((part) => part.etag);
    checkBytes({ ...blob, partSizes }, from, md5s, sha256);
    const answer = await whileUp(to, () => to.backend.completeUpload(blob.storageKey, uploadId, parts));
    checkSame(blob, { size: blob.size, etag: answer.etag }, to.backend.name);
  } catch (error) {
    const failure = asBackendError(error, to.backend.name);
    await whileUp(to, () => to.backend.abortUpload(blob.storageKey, uploadId)).catch((cause: unknown) => {
      throw new BackendError(failure.backend, failure.fault, {
        cause: new AggregateError([failure, cause], "copy and abort both failed"),
      });
    });
    throw failure;
  }
}

/**
 * The pieces to read: the whole as one, or one a part. An empty piece has no range and is read only when it is the
 * whole.
 */
function partsOf(blob: BlobBytes): readonly { readonly range: ByteRange | undefined; readonly size: number }[] {
  if (blob.partSizes === undefined) return [{ range: undefined, size: blob.size }];
  let first = 0;
  return blob.partSizes.map((size) => {
    const range = size === blob.size ? undefined : { first, last: first + size - 1 };
    first += size;
    return { range, size };
  });
}

async function readRange(
  blob: BlobBytes,
  from: FleetMember,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
  take: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  const name = from.backend.name;
  const opened = await whileUp(
    from,
    () => from.backend.open(blob.storageKey, range, signal),
    (late) => late.body.destroy(),
  );
  const unwatch = onDown(from, () => opened.body.destroy(wentDown(from)));
  const size = range === undefined ? blob.size : range.last - range.first + 1;
  let received = 0;
  try {
    checkSame(blob, opened, name);
    await pump(
      opened.body,
      (chunk) => {
        received += chunk.length;
        return take(chunk);
      },
      signal,
    );
    if (received !== size) throw new BackendError(name, "corrupt", { detail: `${received} bytes, expected ${size}` });
  } catch (error) {
    throw asBackendError(error, name);
  } finally {
    unwatch();
    opened.body.destroy();
  }
}

function checkBytes(blob: BlobBytes, from: FleetMember, md5s: readonly string[], sha256: Hash): string {
  const etag = blob.partSizes === undefined ? (md5s[0] ?? "") : multipartEtag(md5s);
  checkSame(blob, { size: blob.size, etag }, from.backend.name);
  const digest = sha256.digest("hex");
  if (blob.digest !== undefined && digest !== blob.digest)
    throw new BackendError(from.backend.name, "corrupt", { detail: `sha256 ${digest}, expected ${blob.digest}` });
  return digest;
}

function openWriter(to: FleetMember, open: () => ReturnType<FleetMember["backend"]["write"]>): ReplicaWriter {
  return new ReplicaWriter(to, open(), () => undefined);
}

function writeOrThrow(writer: ReplicaWriter, chunk: Buffer): Promise<void> | undefined {
  const wait = writer.write(chunk);
  if (writer.failure !== undefined) throw writer.failure;
  return wait?.then(() => {
    if (writer.failure !== undefined) throw writer.failure;
  });
}

async function finishOrThrow(writer: ReplicaWriter, etag: string): Promise<void> {
  if (!(await writer.finish(etag))) throw writer.failure;
}
