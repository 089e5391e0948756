import type { Bucket, BucketSettings } from "../model.ts";

export interface Buckets {
  /** Throws BucketAlreadyOwnedByYou or BucketAlreadyExists. */
  create(bucket: { readonly name: string; readonly accountId: number; readonly location: string; readonly settings: BucketSettings }): Promise<Bucket>;
  /** Hot: prepared, cached exactly. */
  find(name: string): Promise<Bucket | undefined>;
  /** One account's buckets in byte order of name; `after` exclusive. */
  list(accountId: number, page?: { readonly prefix?: string; readonly after?: string; readonly limit?: number }): Promise<readonly Bucket[]>;
  /** Throws NoSuchBucket; BucketNotEmpty while an object stands in it. Unfinished uploads are ended (their bytes become drop jobs). */
  delete(bucketId: number): Promise<void>;
}
