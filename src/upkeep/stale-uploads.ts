/**
 * Ends uploads in parts that nobody completed for a long time; their bytes become drop jobs in the same transaction.
 * Forgets those completed long ago.
 */
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

const BATCH = 100;
/** A client that repeats Complete because the answer was lost does so at once, or after the night. */
const COMPLETED_KEPT_MS = 86_400_000;

/** `maxAgeMs` counts from the start of the upload. */
export async function endStaleUploads(
  { metadata, now, log }: JobContext,
  maxAgeMs: number,
  { moved, signal }: JobRun,
): Promise<void> {
  await metadata.uploads.forgetCompleted(new Date(now().getTime() - COMPLETED_KEPT_MS));
  const before = new Date(now().getTime() - maxAgeMs);
  for (;;) {
    const stale = await metadata.uploads.stale(before, BATCH);
    for (const upload of stale) {
      signal.throwIfAborted();
      moved();
      if (await metadata.uploads.abort(upload.uploadId))
        log.info({ upload: upload.uploadId, startedAt: upload.startedAt }, "a stale upload was ended");
    }
    if (stale.length < BATCH) return;
  }
}
