/** What an operator sees and confirms of the keys that a backend holds and no row knows. */
import type { Metadata } from "../metadata/metadata.ts";
import type { QuarantinedKey } from "../metadata/quarantine.ts";
import { knownBackend } from "./refusal.ts";

export interface OrphanReport {
  readonly backend: string;
  /** The end of the last complete inventory; undefined: there was none yet. */
  readonly walkedAt: Date | undefined;
  readonly keys: number;
  readonly bytes: number;
  /** Those of `keys` that an operator has not confirmed. */
  readonly unconfirmed: number;
  /** They are so many that nothing is deleted that an operator has not confirmed. */
  readonly isHeld: boolean;
  /** Some of them, in order of key. */
  readonly orphans: readonly QuarantinedKey[];
}

type Tables = Pick<Metadata, "backends" | "inventories" | "jobs" | "quarantine">;

/** `orphans` begin behind `after`. Throws when the backend is not registered. */
export async function reportOrphans(
  metadata: Tables,
  backend: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<OrphanReport> {
  knownBackend(await metadata.backends.list(), backend);
  const found = (await metadata.inventories()).find((one) => one.backend === backend);
  const totals = await metadata.quarantine.totals(backend);
  const orphans = await metadata.quarantine.list(backend, limit, after);
  return { backend, walkedAt: found?.walkedAt, ...totals, isHeld: found?.isHeld ?? false, orphans };
}

/**
 * Confirms the deletion of those that are there now, and has a gateway look at once. Returns how many were not
 * confirmed before. Throws when the backend is not registered.
 */
export async function confirmOrphans(metadata: Tables, backend: string): Promise<number> {
  knownBackend(await metadata.backends.list(), backend);
  const confirmed = await metadata.quarantine.confirm(backend);
  if (confirmed > 0) await metadata.jobs.add({ kind: "inventory", backend });
  return confirmed;
}
