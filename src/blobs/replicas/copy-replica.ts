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
import { Outlet } from "./replica-writer.ts";
import { checkSame } from "./verify.ts";

/** What of a blob is needed to move its bytes. */
export type BlobBytes = Pick<Blob, "name" | "size" | "etag" | "digest" | "layout">;

/** Throws BackendError that names the backend at fault: the source (absent, corrupt: not the blob) or the target. */
export async function copyReplica(
  blob: BlobBytes,
  from: FleetMember,
  to: FleetMember,
  signal?: AbortSignal,
): Promise<void> {
  if (blob.layout === undefined) await copyWhole(blob, from, to, signal);
  else await copyInParts(blob, blob.layout, from, to, signal);
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
  const outlet = openOutlet(to, () => to.backend.write(blob.name, blob.size));
  let last: Buffer | undefined;
  try {
    await readRange(blob, from, undefined, signal, (chunk) => {
      sha256.update(chunk);
      md5.update(chunk);
      const before = last;
      last = chunk;
      return before && writeOrThrow(outlet, before);
    });
    checkBytes(blob, from, [md5.digest("hex")], sha256);
    if (last !== undefined) await outlet.write(last);
    await finishOrThrow(outlet, blob.etag);
  } catch (error) {
    outlet.abort();
    throw error;
  }
}

async function copyInParts(
  blob: BlobBytes,
  layout: readonly number[],
  from: FleetMember,
  to: FleetMember,
  signal: AbortSignal | undefined,
): Promise<void> {
  // What an upload that failed here before may have left under the same name.
  await whileUp(to, () => to.backend.abortUpload(blob.name));
  const uploadId = await whileUp(to, () => to.backend.createUpload(blob.name));
  const sha256 = createHash("sha256");
  const parts: { partNumber: number; etag: string }[] = [];
  try {
    for (const { range, size } of partsOf({ ...blob, layout })) {
      const partNumber = parts.length + 1;
      const md5 = createHash("md5");
      const outlet = openOutlet(to, () => to.backend.writePart(blob.name, uploadId, partNumber, size));
      try {
        await readRange(blob, from, range, signal, (chunk) => {
          sha256.update(chunk);
          md5.update(chunk);
          return writeOrThrow(outlet, chunk);
        });
        const etag = md5.digest("hex");
        await finishOrThrow(outlet, etag);
        parts.push({ partNumber, etag });
      } catch (error) {
        outlet.abort();
        throw error;
      }
    }
    const md5s = parts.map((part) => part.etag);
    checkBytes({ ...blob, layout }, from, md5s, sha256);
    const answer = await whileUp(to, () => to.backend.completeUpload(blob.name, uploadId, parts));
    checkSame(blob, { size: blob.size, etag: answer.etag }, to.backend.name);
  } catch (error) {
    const failure = asBackendError(error, to.backend.name);
    await whileUp(to, () => to.backend.abortUpload(blob.name, uploadId)).catch((cause: unknown) => {
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
  if (blob.layout === undefined) return [{ range: undefined, size: blob.size }];
  let first = 0;
  return blob.layout.map((size) => {
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
    () => from.backend.open(blob.name, range, signal),
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
  const etag = blob.layout === undefined ? (md5s[0] ?? "") : multipartEtag(md5s);
  checkSame(blob, { size: blob.size, etag }, from.backend.name);
  const digest = sha256.digest("hex");
  if (blob.digest !== undefined && digest !== blob.digest)
    throw new BackendError(from.backend.name, "corrupt", { detail: `sha256 ${digest}, expected ${blob.digest}` });
  return digest;
}

function openOutlet(to: FleetMember, open: () => ReturnType<FleetMember["backend"]["write"]>): Outlet {
  return new Outlet(to, open(), () => undefined);
}

function writeOrThrow(outlet: Outlet, chunk: Buffer): Promise<void> | undefined {
  const wait = outlet.write(chunk);
  if (outlet.failure !== undefined) throw outlet.failure;
  return wait?.then(() => {
    if (outlet.failure !== undefined) throw outlet.failure;
  });
}

async function finishOrThrow(outlet: Outlet, etag: string): Promise<void> {
  if (!(await outlet.finish(etag))) throw outlet.failure;
}
