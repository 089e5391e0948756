/** Storage figures, from what is counted as it changes. */
import { copiesOf } from "../wanted.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { Holders, type Holding } from "./holders.ts";

export interface StatsReport {
  readonly buckets: number;
  readonly objects: number;
  readonly blobs: number;
  /** Good copies: verified, on backends that count. */
  readonly replicas: number;
  /** Sum of object sizes. */
  readonly logicalBytes: number;
  /** Sum of blob sizes, one copy each, of blobs that are referenced. */
  readonly uniqueBytes: number;
  /** Sum over good copies. */
  readonly storedBytes: number;
  /** logicalBytes / uniqueBytes; 1 when empty. */
  readonly dedupRatio: number;
  /** Referenced blobs with fewer good copies than they should have. */
  readonly underReplicated: number;
  readonly reclaimableBytes: number;
}

const countBuckets = statement<{ buckets: number }>("stats-buckets", "SELECT COUNT(*) AS buckets FROM buckets");

export class Stats {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * `copies`: how many good copies a blob should have that wants no other number; `fewest`: none is kept in fewer.
   * `present`: the backends whose replicas count; undefined: all.
   */
  async report(copies: number, present?: readonly string[], fewest = copies): Promise<StatsReport> {
    const buckets = (await this.#context.engine.read.get(countBuckets, []))?.buckets ?? 0;
    const all = await new Holders(this.#context).all();
    const referenced = all.filter(({ isReferenced }) => isReferenced);
    const good = ({ backends }: Holding) =>
      present === undefined ? backends.length : backends.filter((name) => present.includes(name)).length;
    const rule = { copies, fewestCopies: fewest };
    const logicalBytes = sum(referenced, (one) => one.logicalBytes);
    const uniqueBytes = sum(referenced, (one) => one.bytes);
    return {
      buckets,
      objects: sum(referenced, (one) => one.objects),
      blobs: sum(referenced, (one) => one.blobs),
      replicas: sum(all, (one) => one.blobs * good(one)),
      logicalBytes,
      uniqueBytes,
      storedBytes: sum(all, (one) => one.bytes * good(one)),
      dedupRatio: uniqueBytes === 0 ? 1 : logicalBytes / uniqueBytes,
      underReplicated: sum(referenced, (one) => (good(one) < copiesOf(rule, one.wanted) ? one.blobs : 0)),
      reclaimableBytes: sum(all, (one) => (one.isReferenced ? 0 : one.bytes)),
    };
  }
}

function sum(holdings: readonly Holding[], amountOf: (one: Holding) => number): number {
  return holdings.reduce((total, one) => total + amountOf(one), 0);
}
