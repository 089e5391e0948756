/**
 * Deletes what stands under a storage key that no blob has any more, and its unfinished uploads. The job is done only
 * when every backend concerned has confirmed it.
 */
import { onlyBackendError } from "../backends/backend.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import { deleteFrom } from "./delete-from.ts";
import type { JobContext } from "./job-context.ts";

/**
 * `backends` empty: all that are configured. Throws ServiceUnavailable when one could not be asked: then the job waits
 * for its return.
 */
export async function dropBytes(context: JobContext, storageKey: string, backends: readonly string[]): Promise<void> {
  const { fleet, log } = context;
  const concerned = backends.length === 0 ? fleet.members().map((member) => member.backend.name) : backends;
  const failures = await Promise.all(
    concerned.map(async (backend) => {
      const member = fleet.get(backend);
      if (member === undefined) {
        log.warn({ backend, storageKey }, "bytes to delete are on a backend that is no longer configured");
        return [];
      }
      try {
        await deleteFrom(member, storageKey, true);
        return [];
      } catch (error) {
        const failure = onlyBackendError(error);
        fleet.reportFailure(failure);
        return [failure];
      }
    }),
  );
  const [...all] = failures.flat();
  if (all.length > 0) throw tooFewBackends(all);
}
