/**
 * Decides on which backends replicas count as good copies: those that are up, and those that went down a short time
 * ago. So a short outage causes no copies, and a long one does.
 */
import type { Fleet } from "./fleet.ts";

/** Do replicas on that backend count? */
export type IsPresent = (backend: string) => boolean;

/** An outage begins with the first call that finds the backend down. `graceMs`: how long an outage may last. */
export function watchPresence(fleet: Fleet, now: () => Date, graceMs: number): IsPresent {
  const downSince = new Map<string, number>();
  return (backend) => {
    const member = fleet.get(backend);
    if (member === undefined || member.draining) return false;
    if (member.up) {
      downSince.delete(backend);
      return true;
    }
    const time = now().getTime();
    const since = downSince.get(backend) ?? time;
    downSince.set(backend, since);
    return time - since < graceMs;
  };
}
