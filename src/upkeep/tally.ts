/** Adds up what writers noted of what is stored, so that whoever asks has few rows to read. */
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

export async function addUpChanges({ metadata }: JobContext, run: JobRun): Promise<void> {
  while (await metadata.holders.addUp()) run.moved();
}
