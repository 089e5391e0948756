/**
 * Deletes the object and the unfinished uploads under a storage key that no blob has any more. The job is done only
 * when every backend concerned has confirmed the deletion; a backend that has confirmed it is not asked again.
 */
import { BackendError, onlyBackendError } from "../backends/backend.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import type { DropJob } from "../metadata/stored-content.ts";
import { deleteFrom } from "./delete-from.ts";
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

/** Throws ServiceUnavailable when a backend did not confirm the deletion: the job runs again. */
export async function dropBytes(context: JobContext, work: DropJob, run: JobRun): Promise<void> {
  const { fleet, log } = context;
  const { storageKey } = work;
  const registered = new Map((await context.metadata.backends.list()).map(({ name, state }) => [name, state]));
  const all = new Set([...fleet.members().map(({ backend }) => backend.name), ...registered.keys()]);
  const concerned = (work.backends.length === 0 ? [...all] : work.backends).filter(
    (backend) => registered.get(backend) !== "removed",
  );
  const outcomes = await Promise.all(
    concerned.map(async (backend) => {
      const member = fleet.get(backend);
      if (member === undefined) {
        if (registered.has(backend)) return [new BackendError(backend, "unavailable", { detail: "not configured" })];
        log.warn({ backend, storageKey }, "bytes to delete are on a backend that was never registered");
        return [];
      }
      try {
        await deleteFrom(member, storageKey, true, work.expected);
        return [];
      } catch (error) {
        const failure = onlyBackendError(error);
        fleet.reportFailure(failure);
        return [failure];
      }
    }),
  );
  const failures = outcomes.flat();
  if (failures.length === 0) return;
  if (failures.length !== work.backends.length)
    await run.narrow({ ...work, backends: failures.map(({ backend }) => backend) });
  throw tooFewBackends(failures);
}
