/** Which writes may share one blob: the key under which equal digests meet. */
import type { Bucket, DedupScope } from "../model.ts";

/**
 * The scope of content written to this bucket; undefined: never shared. A bucket without a setting of its own follows
 * `defaultScope`. `accountId` is the writer's: in another account's bucket it learns nothing of what that account
 * holds.
 */
export function scopeOf(
  bucket: Pick<Bucket, "id" | "settings">,
  accountId: number,
  defaultScope: DedupScope,
): string | undefined {
  return scopeNamed(bucket.settings.dedup ?? defaultScope, bucket.id, accountId);
}

/** As `scopeOf`, for a setting that was fixed earlier, as an upload's is when it starts. */
export function scopeNamed(dedup: DedupScope, bucketId: number, accountId: number): string | undefined {
  switch (dedup) {
    case "account":
      return `account:${accountId}`;
    case "bucket":
      return `bucket:${bucketId}`;
    case "global":
      return "global";
    case "off":
      return undefined;
  }
}
