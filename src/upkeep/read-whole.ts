/** Reads one replica whole, while it holds a place on its backend, and notes what is wrong with it. */
import { type BackendError, onlyBackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { readReplica } from "../blobs/replicas/copy-replica.ts";
import type { Blob, Digest } from "../model.ts";
import { type JobContext, paced } from "./job-context.ts";
import type { Rate } from "./rate.ts";
import type { JobRun } from "./running-job.ts";

/** What the read showed: the digest of a good replica, or why it is not, and whether it was marked lost for it. */
export type WholeRead =
  | { readonly digest: Digest; readonly failure?: undefined }
  | { readonly digest?: undefined; readonly failure: BackendError; readonly isLost: boolean };

/** Rejects when the run must stop, or the database fails. */
export async function readWhole(
  { replicas }: JobContext,
  blob: Blob,
  member: FleetMember,
  rate: Rate,
  run: JobRun,
): Promise<WholeRead> {
  try {
    return { digest: await readReplica(blob, member, paced(rate, run)) };
  } catch (error) {
    run.signal.throwIfAborted();
    const failure = onlyBackendError(error);
    return { failure, isLost: await replicas.noteFailure(blob, failure) };
  }
}
