/**
 * Reads one replica of a blob that came in parts, which also checks it for the first time, and lets metadata merge
 * equal blobs. The objects of two equal blobs go to the one whose replicas are proven.
 */
import type { BackendError } from "../backends/backend.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import type { Blob, Digest } from "../model.ts";
import type { JobContext } from "./job-context.ts";
import { readWhole } from "./read-whole.ts";
import type { JobRun } from "./running-job.ts";

/** Throws ServiceUnavailable when no replica could be read whole, or a merge has to wait for copies. */
export async function digestBlob(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  const { blobs } = context.metadata;
  const blob = await blobs.find(blobId);
  if (blob === undefined || blob.digest !== undefined) return;
  // Nobody looks after the copies that a merge might have to wait for. Should an object refer to it again, by a copy
  // that found it before, the scrub fills in the digest.
  if (!(await blobs.isReferenced(blobId))) return;
  const { digest, failures } = await readAny(context, blob, run);
  if (digest === undefined) throw tooFewBackends(failures);
  await recordDigest(context, blob, digest, run);
}

/**
 * Records the digest of a blob that was just read whole, and merges an equal one. Throws ServiceUnavailable when the
 * merge has to wait for copies; Busy as Slots.
 */
export async function recordDigest(context: JobContext, blob: Blob, digest: Digest, run: JobRun): Promise<void> {
  const { blobs } = context.metadata;
  const blobId = blob.id;
  const equal = await blobs.findEqual(blobId, digest);
  const target = equal && (await chooseTarget(context, blob, equal, run));
  const { merged } = await blobs.setDigest(blobId, digest, target);
  if (merged !== undefined)
    context.log.info({ blob: blobId, merged, kept: target?.id ?? blobId }, "two blobs turned out to be equal");
}

/** `digest` undefined: no replica could be read whole. */
async function readAny(
  context: JobContext,
  blob: Blob,
  run: JobRun,
): Promise<{ readonly digest: Digest | undefined; readonly failures: readonly BackendError[] }> {
  const { fleet, metadata, rate, slots } = context;
  const failures: BackendError[] = [];
  for (const replica of blob.replicas) {
    const member = fleet.get(replica.backend);
    if (replica.state !== "verified" || !member?.up) continue;
    const { backend } = replica;
    const { digest, failure } = await slots.hold([backend], () => readWhole(context, blob, member, rate, run));
    if (digest === undefined) {
      failures.push(failure);
    } else {
      await metadata.scrubs.mark(backend, [blob.id]);
      return { digest, failures };
    }
  }
  return { digest: undefined, failures };
}

/**
 * The equal blob if it has all its copies and one of them was read whole; else undefined: the blob that was just read
 * is kept. Throws while neither has all its copies and the equal one may still have good ones.
 */
async function chooseTarget(context: JobContext, blob: Blob, equal: Blob, run: JobRun): Promise<Blob | undefined> {
  const { metadata, replicas, copies } = context;
  if (await replicas.areGood(equal, copies)) {
    const { digest, failures } = await readAny(context, equal, run);
    if (digest !== undefined && failures.length === 0) return equal;
  }
  // Asked again: reading may have found lost replicas.
  const [kept, other] = [await metadata.blobs.find(blob.id), await metadata.blobs.find(equal.id)];
  if (kept !== undefined && (await replicas.areGood(kept, copies))) return undefined;
  if (other?.replicas.some(({ state }) => state === "verified"))
    throw tooFewBackends([], "two equal blobs are merged once one of them has all its copies");
  return undefined;
}
