/**
 * Reads one replica of a blob that came in parts, which also checks it for the first time, and lets metadata merge
 * equal blobs.
 */
import { type BackendError, onlyBackendError } from "../backends/backend.ts";
import { readReplica } from "../blobs/replicas/copy-replica.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import { type JobContext, paced } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

/** Throws ServiceUnavailable when no replica could be read whole. */
export async function digestBlob(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  const { metadata, fleet, replicas, slots, log } = context;
  const blob = await metadata.blobs.find(blobId);
  if (blob === undefined || blob.digest !== undefined) return;
  const failures: BackendError[] = [];
  for (const replica of blob.replicas) {
    const member = fleet.get(replica.backend);
    if (replica.state !== "verified" || !member?.up) continue;
    try {
      const digest = await slots.hold([replica.backend], () => readReplica(blob, member, paced(context, run)));
      const { merged } = await metadata.blobs.setDigest(blobId, digest);
      if (merged !== undefined) log.info({ blob: blobId, merged }, "two blobs turned out to be equal");
      return;
    } catch (error) {
      run.signal.throwIfAborted();
      const failure = onlyBackendError(error);
      failures.push(failure);
      await replicas.noteFailure(blob, failure);
    }
  }
  throw tooFewBackends(failures);
}
