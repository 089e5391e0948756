/**
 * Reads one replica of a blob that came in parts or was adopted, which also checks it for the first time, and lets
 * metadata merge equal blobs. The objects of two equal blobs go to the one of which as many replicas as there should be
 * were read whole: a merge must not give up good copies for one that is silently damaged.
 */
import type { BackendError } from "../backends/backend.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import { isUnproven, OtherBytes } from "../blobs/replicas/unproven.ts";
import { S3Error } from "../errors.ts";
import type { Blob, Digest } from "../model.ts";
import { copiesOf } from "../wanted.ts";
import type { JobContext } from "./job-context.ts";
import { readWhole } from "./read-whole.ts";
import type { JobRun } from "./running-job.ts";
import { Busy } from "./slots.ts";
import { storeAnew } from "./store-anew.ts";

/** Throws ServiceUnavailable when no replica could be read whole, or a merge has to wait for copies. */
export async function digestBlob(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  const { blobs } = context.metadata;
  const blob = await blobs.find(blobId);
  if (blob === undefined || blob.digest !== undefined) return;
  // Nobody looks after the copies that a merge might have to wait for. Should an object refer to it again, by a copy
  // that found it before, the scrub fills in the digest.
  if (!(await blobs.isReferenced(blobId))) return;
  const { digest, failures } = await readSome(context, blob, 1, run);
  const found = digest ?? (await digestAnew(context, blob, failures, run));
  if (found === undefined) throw tooFewBackends(failures);
  // As it is stored now.
  await recordDigest(context, (await blobs.find(blobId)) ?? blob, found, run);
}

/** Undefined: what is wrong with it is not an ETag that its bytes do not make. */
async function digestAnew(
  context: JobContext,
  blob: Blob,
  failures: readonly BackendError[],
  run: JobRun,
): Promise<Digest | undefined> {
  const other = failures.find((failure) => failure instanceof OtherBytes);
  const from = other && context.fleet.get(other.backend);
  if (other === undefined || !from?.up || !isUnproven(blob)) return undefined;
  await context.slots.hold([other.backend], () => storeAnew(context, blob, from, other.digest, run));
  return other.digest;
}

/** As `recordDigest`; when a merge has to wait, a job of its own repeats it. */
export async function recordDigestOrLater(context: JobContext, blob: Blob, digest: Digest, run: JobRun): Promise<void> {
  try {
    await recordDigest(context, blob, digest, run);
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof S3Error || error instanceof Busy)) throw error;
    await context.metadata.jobs.add({ kind: "digest", blobId: blob.id });
  }
}

/**
 * Records the digest of a blob that was just read whole, and merges an equal one. Throws ServiceUnavailable when the
 * merge has to wait for copies; Busy as Slots.
 */
async function recordDigest(context: JobContext, blob: Blob, digest: Digest, run: JobRun): Promise<void> {
  const { blobs } = context.metadata;
  const blobId = blob.id;
  const equal = await blobs.findEqual(blobId, digest);
  const target = equal && (await chooseTarget(context, blob, equal, run));
  const { merged } = await blobs.setDigest(blobId, digest, target);
  if (merged !== undefined)
    context.log.info({ blob: blobId, merged, kept: target?.id ?? blobId }, "two blobs turned out to be equal");
}

interface SomeRead {
  /** Undefined: no replica could be read whole. */
  readonly digest: Digest | undefined;
  readonly good: number;
  readonly failures: readonly BackendError[];
}

/** Reads replicas until `wanted` of them are good. */
async function readSome(context: JobContext, blob: Blob, wanted: number, run: JobRun): Promise<SomeRead> {
  const { fleet, metadata, rate, slots } = context;
  const failures: BackendError[] = [];
  let digest: Digest | undefined;
  let good = 0;
  for (const replica of blob.replicas) {
    if (good >= wanted) break;
    const member = fleet.get(replica.backend);
    if (replica.state !== "verified" || !member?.up) continue;
    const { backend } = replica;
    const read = await slots.hold([backend], () => readWhole(context, blob, member, rate, run));
    if (read.digest === undefined) {
      failures.push(read.failure);
    } else {
      await metadata.scrubs.mark(backend, [blob.id]);
      digest = read.digest;
      good++;
    }
  }
  return { digest, good, failures };
}

/** Has it so many copies, by what its backends say first, which costs less, and then by reading them whole? */
async function isProven(context: JobContext, blob: Blob, copies: number, run: JobRun): Promise<boolean> {
  const { replicas } = context;
  return (await replicas.areGood(blob, copies)) && (await readSome(context, blob, copies, run)).good >= copies;
}

/**
 * The equal blob if it is proven; else undefined: the blob that was just read is kept. Throws while neither is proven
 * and the equal one may still have good copies.
 */
async function chooseTarget(context: JobContext, blob: Blob, equal: Blob, run: JobRun): Promise<Blob | undefined> {
  const { blobs } = context.metadata;
  // The objects of both come to refer to the one that is kept.
  const copies = Math.max(copiesOf(context, blob.wanted), copiesOf(context, equal.wanted));
  if (await isProven(context, equal, copies, run)) return equal;
  // Asked again: reading may have found lost replicas.
  const [kept, other] = [await blobs.find(blob.id), await blobs.find(equal.id)];
  if (kept !== undefined && (await isProven(context, kept, copies, run))) return undefined;
  if (other?.replicas.some(({ state }) => state === "verified"))
    throw tooFewBackends([], "two equal blobs are merged once one of them has all its copies");
  return undefined;
}
