/**
 * Deletes blobs without references whose grace period is over: first the bytes on each backend, then the rows. A blob
 * that cannot be deleted completely keeps the rows of the rest, is postponed on its own, and delays nothing else.
 */
import { onlyBackendError } from "../backends/backend.ts";
import type { Blob } from "../model.ts";
import { deleteBlobFrom } from "./delete-from.ts";
import { inParallel } from "./in-parallel.ts";
import { type JobContext, removedOf } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

/** Blobs in one transaction: few enough that other writes wait only a few milliseconds. */
const BATCH = 100;
const AT_ONCE = 16;
const PUT_OFF_MS = 3_600_000;

/** Runs until no blob is due. */
export async function reclaimBlobs(context: JobContext, { moved, signal }: JobRun): Promise<void> {
  const { blobs, backends } = context.metadata;
  const removed = removedOf(await backends.list());
  /** Backends that did not answer during this sweep. */
  const away = new Set<string>();
  const isGone = async (blob: Blob, backend: string) => {
    if (removed.has(backend)) return true;
    return !away.has(backend) && (await deleteReplica(context, blob, backend, away));
  };
  for (;;) {
    const due = await blobs.takeReclaimable(BATCH);
    if (due.length === 0) return;
    const results = await inParallel(due, AT_ONCE, async (blob) => {
      signal.throwIfAborted();
      const outcomes = await Promise.all(
        blob.replicas.map(async ({ backend }) => ((await isGone(blob, backend)) ? [backend] : [])),
      );
      moved();
      return { blobId: blob.id, gone: outcomes.flat() };
    });
    await blobs.settleReclaimed(results, new Date(context.now().getTime() + PUT_OFF_MS));
  }
}

/** True: the backend confirmed the deletion. Adds to `away`. */
async function deleteReplica(context: JobContext, blob: Blob, backend: string, away: Set<string>): Promise<boolean> {
  const { fleet, log } = context;
  const member = fleet.get(backend);
  if (member === undefined) {
    log.warn({ backend }, "blobs to reclaim are on a backend that is not configured: their rows stay");
    away.add(backend);
    return false;
  }
  try {
    await deleteBlobFrom(member, blob);
    return true;
  } catch (error) {
    const failure = onlyBackendError(error);
    fleet.reportFailure(failure);
    log.warn({ err: failure, blob: blob.id }, "a blob to reclaim stays until its backend can delete it");
    if (failure.fault === "unavailable") away.add(backend);
    return false;
  }
}
