/**
 * Deletes what has been in quarantine for the grace, on that backend alone. Where a backend holds more that no row
 * knows than crashes leave behind, the database is probably older than the store: nothing is deleted there until an
 * operator confirms it.
 */
import { type BackendError, onlyBackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { deleteFrom } from "./delete-from.ts";
import { inParallel } from "./in-parallel.ts";
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

const BATCH = 100;
const AT_ONCE = 4;
/** Late bytes of writes that failed are few, however large the store is. */
const FEW = 100;
/** A larger share of a store than this was not left behind by failures: its rows are missing. */
const SHARE = 0.01;

/**
 * From when on nothing is deleted without an operator's word; undefined: it need not be held. Once held, it stays so
 * until each key found until then is confirmed or has left the quarantine, also when the store has grown by then.
 * `replicas`: that the rows name there. `isWalked`: a walk has just ended, and what it found is said aloud.
 */
export async function heldSince(
  { metadata, now, log }: JobContext,
  backend: string,
  replicas: number,
  before: number | undefined,
  isWalked: boolean,
): Promise<number | undefined> {
  const { quarantine } = metadata;
  const { keys, bytes, unconfirmed } = await quarantine.totals(backend);
  const isMuch = unconfirmed > FEW && unconfirmed > replicas * SHARE;
  const stays = before !== undefined && (await quarantine.hasUnconfirmed(backend, new Date(before)));
  if (!isMuch && !stays) return undefined;
  if (isWalked)
    log.error(
      { backend, keys, bytes, unconfirmed, replicas },
      "backend holds much that the database does not know. Nothing of it is deleted: the database may be an older " +
        `copy. Look at it, and confirm what may go: nearbucket backends orphans ${backend}`,
    );
  return isMuch ? now().getTime() : before;
}

/**
 * Deletes what is due; if `isHeld`, only what is confirmed. Returns whether anything left the quarantine. Throws
 * BackendError when the backend does not confirm a deletion: the key stays in quarantine.
 */
export async function deleteStrays(
  context: JobContext,
  member: FleetMember,
  isHeld: boolean,
  run: JobRun,
): Promise<boolean> {
  const { metadata, fleet, now, log, graceMs } = context;
  const { quarantine } = metadata;
  const backend = member.backend.name;
  const graceOver = new Date(now().getTime() - graceMs);
  const failures: BackendError[] = [];
  let left = 0;
  const remove = async (key: string) => {
    run.signal.throwIfAborted();
    try {
      await deleteFrom(member, key, true);
      run.moved();
      return [key];
    } catch (error) {
      failures.push(onlyBackendError(error));
      return [];
    }
  };
  for (const isConfirmed of isHeld ? [true] : [true, false])
    for (;;) {
      const keys = await quarantine.due(backend, graceOver, isConfirmed, BATCH);
      if (keys.length === 0) break;
      const { strays, settled } = await quarantine.judge(backend, keys);
      const gone = (await inParallel(strays, AT_ONCE, remove)).flat();
      await quarantine.forget(backend, gone);
      if (gone.length > 0) log.info({ backend, keys: gone }, "deleted what no row has known for the grace");
      // Those that stay would come again.
      if (settled + gone.length === 0) break;
      left += settled + gone.length;
    }
  const [failure] = failures;
  if (failure === undefined) return left > 0;
  fleet.reportFailure(failure);
  throw failure;
}
