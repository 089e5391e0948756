/** Ends uploads in parts that nobody completed for a long time; their bytes become drop jobs in the same transaction. */
import type { Upkept } from "./upkept.ts";

const BATCH = 100;

/** `maxAgeMs` counts from the start of the upload. */
export async function endStaleUploads({ metadata, now, log }: Upkept, maxAgeMs: number): Promise<void> {
  const before = new Date(now().getTime() - maxAgeMs);
  for (;;) {
    const stale = await metadata.uploads.stale(before, BATCH);
    for (const upload of stale) {
      if (await metadata.uploads.abort(upload.uploadId)) log.info({ upload: upload.uploadId, startedAt: upload.startedAt }, "a stale upload was ended");
    }
    if (stale.length < BATCH) return;
  }
}
