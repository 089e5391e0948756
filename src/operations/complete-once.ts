/**
 * One completion of an upload at a time, in all gateways: a client that repeats Complete while the first is at work
 * does not disturb it, but waits for it and gets its answer.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../log.ts";
import type { Completion, Uploads } from "../metadata/uploads.ts";
import type { ServiceCall } from "./operation.ts";

/** What a gateway that died was completing can be completed by others after this time. */
const LEASE_MS = 30_000;
const POLL_MS = 500;

/**
 * Runs `work` when nobody else is completing this upload; its signal aborts when somebody else has taken over, or the
 * upload is aborted. Undefined: the upload has ended meanwhile, and `work` did not end it.
 */
export async function completeOnce<T>(
  uploads: Uploads,
  uploadId: string,
  { signal: caller, log }: Pick<ServiceCall, "signal" | "log">,
  work: (completion: Completion, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  for (;;) {
    const completion = await uploads.beginCompletion(uploadId, LEASE_MS);
    if (completion === undefined) return undefined;
    if (completion === "running") {
      await pause(POLL_MS, undefined, { signal: caller });
      continue;
    }
    const lost = new AbortController();
    const renewal = setInterval(() => void renew(uploads, completion, lost, log), LEASE_MS / 3).unref();
    try {
      return await work(completion, lost.signal);
    } catch (error) {
      // Whoever has it now decides; what was done here serves them.
      if (await uploads.endCompletion(completion)) throw error;
    } finally {
      clearInterval(renewal);
    }
  }
}

/** When the database cannot be asked, the lease runs on; when it was lost meanwhile, it refuses the object. */
async function renew(uploads: Uploads, completion: Completion, lost: AbortController, log: Log): Promise<void> {
  try {
    if (!(await uploads.renewCompletion(completion, LEASE_MS)))
      lost.abort(new Error("the completion was taken over, or its upload aborted"));
  } catch (error) {
    log.warn({ err: error, upload: completion.uploadId }, "could not renew the lease of a completion");
  }
}
