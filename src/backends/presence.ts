/**
 * Which backends are there, as far as the copies on them count: those that are up, and those that went down a short
 * while ago. A short outage makes no copies; a long one does.
 */
import type { Fleet } from "./fleet.ts";

/** Do replicas on that backend count? */
export type IsPresent = (backend: string) => boolean;

/** A backend counts as down since it was first asked about after it went down. `graceMs`: a longer outage is long. */
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
