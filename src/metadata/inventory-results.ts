/** What inventories found. It stands in the row of each backend's inventory job, with the progress of a walk. */
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";

/** The progress of a walk over what one backend holds, and the result of the last complete one. */
export interface InventoryProgress {
  /** Of the store: the walk over another one begins anew. */
  readonly identity?: string;
  /** The key up to which the walk under way has come; undefined: none is under way. */
  readonly after?: string;
  /** Replicas that the rows up to it name there. */
  readonly replicas?: number;
  /** Times in epoch milliseconds. */
  readonly found?: {
    /** The end of the walk. */
    readonly walkedAt: number;
    /** Replicas that the rows name there. */
    readonly replicas: number;
    /** Keys that no row knows, and their bytes. */
    readonly quarantined: number;
    readonly bytes: number;
    /** What was quarantined until then is deleted only when an operator confirms it; undefined: nothing is held. */
    readonly heldAt?: number;
  };
}

export interface InventoryFound {
  readonly backend: string;
  /** The end of the walk. */
  readonly walkedAt: Date;
  /** Keys there that no row knows, and their bytes. */
  readonly quarantined: number;
  readonly bytes: number;
  /** They are so many that an operator must confirm their deletion. */
  readonly isHeld: boolean;
}

const selectInventories = statement<{ work: string }>(
  "jobs-inventory",
  "SELECT work FROM jobs WHERE kind = 'inventory' ORDER BY job_key",
);

/** Of each backend, in order of name; those that had no complete inventory yet are left out. */
export async function inventories({ engine }: MetadataContext): Promise<readonly InventoryFound[]> {
  const rows = await engine.read.all(selectInventories, []);
  return rows.flatMap(({ work }) => {
    const { backend, found }: InventoryProgress & { readonly backend: string } = JSON.parse(work);
    if (found === undefined) return [];
    const { walkedAt, quarantined, bytes, heldAt } = found;
    return [{ backend, walkedAt: new Date(walkedAt), quarantined, bytes, isHeld: heldAt !== undefined }];
  });
}
