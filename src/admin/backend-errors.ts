/** Counts the failures of backends that callers met, by backend and fault: the fleet hears of each of them. */
import type { BackendFault } from "../backends/backend.ts";
import type { Fleet } from "../backends/fleet.ts";

export interface BackendErrors {
  /** By `backend fault`; a backend's name has no space. */
  readonly counts: ReadonlyMap<string, number>;
}

/** The same fleet, and what it hears. `absent` is an answer, and no failure, unless a replica should be there. */
export function countErrors(fleet: Fleet): BackendErrors & { readonly fleet: Fleet } {
  const counts = new Map<string, number>();
  return {
    counts,
    fleet: {
      ...fleet,
      reportFailure(error) {
        const key = errorKey(error.backend, error.fault);
        counts.set(key, (counts.get(key) ?? 0) + 1);
        fleet.reportFailure(error);
      },
    },
  };
}

export const FAULTS = ["absent", "unavailable", "refused", "corrupt"] as const satisfies readonly BackendFault[];

export function errorKey(backend: string, fault: BackendFault): string {
  return `${backend} ${fault}`;
}
