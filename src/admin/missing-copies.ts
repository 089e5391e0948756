/**
 * Which copies that the database counts on are not on a backend: its listing, held against the rows in one walk over
 * both. A copy that the listing lacks is asked for by name, since some stores list late.
 */
import { ADOPTED } from "../backends/adopted-key.ts";
import type { Backend } from "../backends/backend.ts";
import { onlyBackendError } from "../backends/backend.ts";
import type { InventoryRow } from "../metadata/inventory.ts";
import { afterPrefix } from "../metadata/key-range.ts";
import type { Metadata } from "../metadata/metadata.ts";

export interface CopiesThere {
  readonly backend: string;
  /** Found as the database says. */
  readonly good: number;
  /** Not there, or of another size: they count as lost from now on, and are made anew. */
  readonly missing: number;
  /** Why it could not be looked at to the end; undefined: it was. */
  readonly reason: string | undefined;
}

const PREFIX = "blobs/";
const ROWS = 1_000;

/** Replicas that are missing become lost, which adds the jobs that copy them. */
export async function markMissingCopies(
  metadata: Pick<Metadata, "inventory" | "blobs">,
  backend: Pick<Backend, "name" | "list" | "stat">,
  onProgress: (looked: number) => void = () => undefined,
): Promise<CopiesThere> {
  let good = 0;
  let missing = 0;
  try {
    const listing = everything(backend);
    let listed = await listing.next();
    for await (const row of promisedRows(metadata, backend.name)) {
      while (listed.done !== true && Buffer.compare(Buffer.from(listed.value.key), Buffer.from(row.storageKey)) < 0)
        listed = await listing.next();
      const entry = listed.done === true || listed.value.key !== row.storageKey ? undefined : listed.value;
      if (entry?.size === row.size || (await isThere(backend, row))) good += 1;
      else if (await metadata.blobs.setReplica(row.blobId, backend.name, "lost", row.storageKey)) missing += 1;
      onProgress(good + missing);
    }
    return { backend: backend.name, good, missing, reason: undefined };
  } catch (error) {
    return { backend: backend.name, good, missing, reason: onlyBackendError(error).message };
  }
}

async function* everything(backend: Pick<Backend, "list">) {
  yield* backend.list(ADOPTED);
  yield* backend.list(PREFIX);
}

async function* promisedRows(
  { inventory }: Pick<Metadata, "inventory">,
  backend: string,
): AsyncGenerator<InventoryRow> {
  const to = afterPrefix(PREFIX);
  for (let after: string | undefined = ""; after !== undefined; ) {
    const rows: readonly InventoryRow[] = await inventory.rows(backend, { after, to }, ROWS);
    yield* rows.filter(({ isPromised }) => isPromised);
    after = rows.length < ROWS ? undefined : rows.at(-1)?.storageKey;
  }
}

async function isThere(backend: Pick<Backend, "stat">, { storageKey, size }: InventoryRow): Promise<boolean> {
  try {
    return (await backend.stat(storageKey)).size === size;
  } catch (error) {
    if (onlyBackendError(error).fault === "absent") return false;
    throw error;
  }
}
