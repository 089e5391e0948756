/** Which writes may share one blob, the key under which equal digests meet, and what the blob should have. */
import { createHash } from "node:crypto";
import type { Upload } from "../metadata/uploads.ts";
import type { Bucket, DedupScope } from "../model.ts";
import type { Wanted } from "../wanted.ts";

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
function scopeNamed(dedup: DedupScope, bucketId: number, accountId: number): string | undefined {
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

/** With `layout`, equal bytes in parts of other sizes stay apart: the part sizes are part of the scope. */
export function scopeOfUpload(
  { dedup, bucketId, accountId, wanted }: Pick<Upload, "dedup" | "bucketId" | "accountId" | "wanted">,
  parts: readonly { readonly size: number }[],
  { multipart, copies }: { readonly multipart: "content" | "layout"; readonly copies: number },
): string | undefined {
  const scope = scopeWithin(scopeNamed(dedup, bucketId, accountId), wanted, copies);
  if (scope === undefined || multipart === "content") return scope;
  const cuts = createHash("sha256")
    .update(parts.map(({ size }) => size).join())
    .digest("hex");
  return `${scope}/cut:${cuts.slice(0, 32)}`;
}

/** What is written to a bucket goes there. */
export interface Destination {
  readonly scope: string | undefined;
  readonly wanted: Wanted | undefined;
  /** Absent: the bucket does not say. */
  readonly minimumCopies: number | undefined;
}

/** What the gateway does with buckets that have no setting of their own. */
export interface WriteDefaults {
  readonly dedup: DedupScope;
  readonly copies: number;
}

/**
 * `regions`: those that the object itself asks for, in byte order. `accountId` undefined: an anonymous writer, who
 * would learn by deduplication which content exists.
 */
export function destinationOf(
  bucket: Pick<Bucket, "id" | "settings">,
  accountId: number | undefined,
  regions: readonly string[] | undefined,
  { dedup, copies }: WriteDefaults,
): Destination {
  const wanted = wantedBy(bucket, regions);
  const scope = accountId === undefined ? undefined : scopeOf(bucket, accountId, dedup);
  return { scope: scopeWithin(scope, wanted, copies), wanted, minimumCopies: bucket.settings.minimumCopies };
}

/** Of a blob; undefined: as of every other. */
export function wantedBy(
  { settings }: Pick<Bucket, "settings">,
  own: readonly string[] | undefined,
): Wanted | undefined {
  const { placement } = settings;
  const regions = own ?? (typeof placement === "object" ? placement.regions : undefined);
  const copies = own?.length ?? settings.copies;
  if (regions === undefined && copies === undefined) return undefined;
  return { ...(copies !== undefined && { copies }), ...(regions !== undefined && { regions }) };
}

/**
 * Blobs are shared by those alone that want the same regions: what must stay in one is never known elsewhere, and what
 * is known elsewhere never counts there. Those kept in fewer copies than others stay apart too.
 */
function scopeWithin(scope: string | undefined, wanted: Wanted | undefined, copies: number): string | undefined {
  if (scope === undefined || wanted === undefined) return scope;
  const within = wanted.regions === undefined ? "" : `@${wanted.regions.join(",")}`;
  const fewer = wanted.copies !== undefined && wanted.copies < copies ? `#${wanted.copies}` : "";
  return `${scope}${within}${fewer}`;
}
