/**
 * One page of a bucket that is being taken over: what is here, and what still stands at its old place only. An entry is
 * told once each side has told everything before it, so that no later page has to go back.
 */
import type { OldListing, OldPage } from "../backends/old-place.ts";
import { compareKeys } from "../metadata/key-range.ts";
import type { Listing, ListPage } from "../metadata/objects.ts";

export interface Sides {
  here(page: ListPage): Promise<Listing>;
  there(page: OldPage): Promise<OldListing>;
  /** Those of these keys of the old place that were deleted here. */
  deleted(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

type Entry = Listing["entries"][number];

interface Side {
  readonly entries: readonly Entry[];
  /** How many of them were told. */
  readonly told: number;
  readonly after: string | undefined;
  readonly isOver: boolean;
}

/**
 * An object here stands for one there of the same key. A common prefix there is told even when all of its keys were
 * deleted here: to know that, all of them would have to be read.
 */
export async function mergedPage(page: ListPage, { here, there, deleted }: Sides): Promise<Listing> {
  const { limit } = page;
  if (limit <= 0) return { entries: [], truncated: false, next: undefined };
  const entries: Entry[] = [];
  let near: Side = { entries: [], told: 0, after: page.after, isOver: false };
  let far = near;

  const leftThere = async (old: OldPage): Promise<OldListing> => {
    const listing = await there(old);
    const keys = listing.entries.flatMap((entry) => ("object" in entry ? entry.object.key : []));
    const gone = keys.length === 0 ? new Set() : await deleted(keys);
    return {
      ...listing,
      entries: listing.entries.filter((entry) => !("object" in entry && gone.has(entry.object.key))),
    };
  };

  // One more than the page holds tells whether it is the last.
  while (entries.length <= limit) {
    const wanted = { ...page, limit: limit + 1 - entries.length };
    if (isUsedUp(near) || isUsedUp(far))
      [near, far] = await Promise.all([filled(near, wanted, here), filled(far, wanted, leftThere)]);
    const ours = near.entries[near.told];
    const theirs = far.entries[far.told];
    if (ours === undefined && theirs === undefined) return { entries, truncated: false, next: undefined };
    const order = ours === undefined ? 1 : theirs === undefined ? -1 : compareKeys(nameOf(ours), nameOf(theirs));
    const first = order <= 0 ? ours : theirs;
    if (first !== undefined) entries.push(first);
    if (order <= 0) near = { ...near, told: near.told + 1 };
    if (order >= 0) far = { ...far, told: far.told + 1 };
  }
  const told = entries.slice(0, limit);
  return { entries: told, truncated: true, next: told.map(nameOf).at(-1) };
}

function isUsedUp({ entries, told, isOver }: Side): boolean {
  return told >= entries.length && !isOver;
}

/** With an entry to tell, unless it is over. */
async function filled<Page extends ListPage>(
  side: Side,
  page: Page,
  list: (page: Page) => Promise<Listing>,
): Promise<Side> {
  let read = side;
  while (isUsedUp(read)) {
    const { entries, truncated, next } = await list({ ...page, after: read.after });
    if (truncated && next === undefined) throw new TypeError("a listing that does not say where it goes on");
    read = { entries, told: 0, after: next, isOver: !truncated };
  }
  return read;
}

function nameOf(entry: Entry): string {
  return "object" in entry ? entry.object.key : entry.commonPrefix;
}
