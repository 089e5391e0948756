/**
 * What one write met on its way. A backend that was given bytes may hold them whatever it answered: it counts as
 * touched from before the first byte, and the blob gets a row for it.
 */
import type { BackendError } from "../../backends/backend.ts";
import type { Placement } from "../replicas/placement.ts";

export interface Trail {
  readonly failures: BackendError[];
  /** Backends that bytes, or the start of an upload, were sent to. */
  readonly touched: Set<string>;
}

export function newTrail(): Trail {
  return { failures: [], touched: new Set() };
}

/** The names of those that hold the bytes, and of those that were touched and do not count. */
export function outcomeOf(
  held: readonly Placement[],
  { touched }: Trail,
): { readonly backends: readonly string[]; readonly touched: readonly string[] } {
  const backends = held.map(({ name }) => name);
  return { backends, touched: [...touched].filter((name) => !backends.includes(name)) };
}
