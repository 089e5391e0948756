/**
 * In how many copies a blob should stand, and where: pure. What it wants itself counts where it wants anything, else
 * the gateway's rule.
 */

/** What a blob should have where that differs from what the gateway keeps of every blob. */
export interface Wanted {
  /** Good copies. Absent: as many as of every blob. */
  readonly copies?: number;
  /** In byte order: it may stand in these regions and nowhere else. Absent: anywhere. */
  readonly regions?: readonly string[];
}

/**
 * Where the bytes of a bucket go. any: drawn; nearest-writer: the first copy in the region closest to the client that
 * writes, the others drawn; regions: nowhere but there.
 */
export type BucketPlacement = "any" | "nearest-writer" | { readonly regions: readonly string[] };

/** When a blob gets copies near readers who are far from all others, beside those that keep it safe. */
export interface ReadReplicaRule {
  /** So many reads from a region within a day. */
  readonly afterReads: number;
  /** Such copies of one blob at a time. */
  readonly max: number;
  /** How long after the last read from there it is kept. */
  readonly ttlHours: number;
}

export interface CopyRule {
  /** Good copies that a blob without a wish of its own should have. */
  readonly copies: number;
  /** No wish counts for less. Default `copies`. */
  readonly fewestCopies?: number | undefined;
}

export function copiesOf({ copies, fewestCopies = copies }: CopyRule, wanted: Wanted | undefined): number {
  return wanted?.copies === undefined ? copies : Math.max(wanted.copies, fewestCopies);
}

export function mayStandIn(region: string, wanted: Wanted | undefined): boolean {
  return wanted?.regions === undefined || wanted.regions.includes(region);
}

/** Is a blob that stands as one object wants it as another wants it too, or can more copies of it make it so? */
export function suits(rule: CopyRule, stands: Wanted | undefined, wanted: Wanted | undefined): boolean {
  if (stands?.regions?.join() === wanted?.regions?.join()) return true;
  const isWithin = wanted?.regions === undefined || stands?.regions?.every((region) => mayStandIn(region, wanted));
  const copies = copiesOf(rule, wanted);
  // In other regions there may be no room for more copies than there are, and none is in each of those that are wanted.
  return isWithin === true && wanted?.regions?.length !== copies && copies <= copiesOf(rule, stands);
}

/** In so many regions it should stand, if there are so many: as many copies as regions are one copy in each. */
export function spreadOf(rule: CopyRule, wanted: Wanted | undefined): number {
  const copies = copiesOf(rule, wanted);
  return wanted?.regions?.length === copies ? copies : 2;
}
