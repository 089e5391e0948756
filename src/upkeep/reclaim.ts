/**
 * Deletes blobs that nothing has referenced for the grace: bytes first, on every backend that has a row, then the row.
 * A backend that is away or unknown keeps the row, and the next sweep tries again.
 */
import { onlyBackendError } from "../backends/backend.ts";
import type { Blob } from "../model.ts";
import { deleteFrom } from "./delete-from.ts";
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

const BATCH = 500;

export async function reclaimBlobs(context: JobContext, { moved, signal }: JobRun): Promise<void> {
  const blobs = await context.metadata.blobs.takeReclaimable(BATCH);
  for (const blob of blobs) {
    signal.throwIfAborted();
    moved();
    if (await areBytesGone(context, blob)) await context.metadata.blobs.forget(blob.id);
  }
}

async function areBytesGone(context: JobContext, blob: Blob): Promise<boolean> {
  const { fleet, log } = context;
  const outcomes = await Promise.all(
    blob.replicas.map(async ({ backend }) => {
      const member = fleet.get(backend);
      if (member === undefined) {
        log.warn(
          { backend, blob: blob.id },
          "a blob to reclaim is on a backend that is no longer configured: its row stays",
        );
        return false;
      }
      try {
        await deleteFrom(member, blob.storageKey, blob.partSizes !== undefined);
        return true;
      } catch (error) {
        const failure = onlyBackendError(error);
        fleet.reportFailure(failure);
        log.warn({ err: failure, blob: blob.id }, "a blob to reclaim stays until its backend can delete it");
        return false;
      }
    }),
  );
  return outcomes.every(Boolean);
}
