/** A file of the journal on some of the backends: the first ones that take it. */
import type { JournalStore } from "./journal-store.ts";

export interface Copies {
  readonly copies: number;
  /** At least so many. */
  readonly fewest: number;
}

/**
 * Resolves with the names of `copies` stores that have it, the first ones where they can. Throws the last failure when
 * fewer than `fewest` take it; those that did keep it.
 */
export async function putOnSome(
  stores: readonly JournalStore[],
  { copies, fewest }: Copies,
  name: string,
  bytes: Buffer,
): Promise<readonly string[]> {
  const left = [...stores];
  const taken: string[] = [];
  let failure: unknown = new Error(`only ${stores.length} of the ${fewest} backends that must have it are up`);
  while (taken.length < copies && left.length > 0) {
    const tried = left.splice(0, copies - taken.length);
    const results = await Promise.allSettled(
      tried.map(async (store) => {
        await store.put(name, bytes);
        return store.name;
      }),
    );
    for (const result of results)
      if (result.status === "rejected") failure = result.reason;
      else taken.push(result.value);
  }
  if (taken.length < fewest) throw failure;
  return taken;
}
