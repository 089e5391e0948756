/**
 * An exact cache of committed reads: a commit of this process invalidates what it changed before its caller is
 * answered, a change by another process invalidates everything, and a read that began before either may not fill it.
 */
import { LRUCache } from "lru-cache";
import type { AccessKey, Blob, Bucket, StoredObject } from "../model.ts";
import type { Freshness } from "./engine.ts";

interface CachedObject {
  readonly object: StoredObject;
  readonly blobId: number;
}

/** Clients decide how long attributes, grants and parts are, so a row counts by the memory it takes. */
const ROW_BYTES = 1024;

function cacheOf<K extends string | number, V extends object>(rows: number): LRUCache<K, V> {
  return new LRUCache<K, V>({
    maxSize: Math.max(1, Math.floor(rows * ROW_BYTES)),
    sizeCalculation: (value) => JSON.stringify(value).length,
  });
}

export class ReadCache {
  readonly #freshness: Freshness;
  readonly #keys: LRUCache<string, AccessKey>;
  readonly #buckets: LRUCache<string, Bucket>;
  readonly #objects: LRUCache<string, CachedObject>;
  readonly #blobs: LRUCache<number, Blob>;
  /** Changes with every invalidation: a read that began in another epoch is too old to be cached. */
  epoch = 0;

  /** `rows`: capacity, in rows of 1 KiB of text. */
  constructor(freshness: Freshness, rows: number) {
    this.#freshness = freshness;
    this.#keys = cacheOf(rows / 10);
    this.#buckets = cacheOf(rows / 10);
    this.#objects = cacheOf(rows);
    this.#blobs = cacheOf(rows);
    freshness.onForeignChange = () => this.#forgetAll();
  }

  /** True, at once or after a check: values cached now may be returned now. */
  isFresh(): boolean | Promise<boolean> {
    return this.#freshness.check();
  }

  key(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  object(bucketId: number, key: string): { readonly object: StoredObject; readonly blob: Blob } | undefined {
    const entry = this.#objects.get(objectKey(bucketId, key));
    if (entry === undefined) return undefined;
    const blob = this.#blobs.get(entry.blobId);
    return blob && { object: entry.object, blob };
  }

  keepKey(epoch: number, key: AccessKey): void {
    if (epoch === this.epoch) this.#keys.set(key.accessKeyId, key);
  }

  keepBucket(epoch: number, bucket: Bucket): void {
    if (epoch === this.epoch) this.#buckets.set(bucket.name, bucket);
  }

  keepObject(epoch: number, bucketId: number, object: StoredObject, blob: Blob): void {
    if (epoch !== this.epoch) return;
    this.#objects.set(objectKey(bucketId, object.key), { object, blobId: blob.id });
    this.#blobs.set(blob.id, blob);
  }

  /** And its sessions, which count only while it does. */
  forgetKey(accessKeyId: string): void {
    this.epoch++;
    this.#keys.delete(accessKeyId);
    for (const [id, { sessionOf }] of this.#keys.entries()) if (sessionOf === accessKeyId) this.#keys.delete(id);
  }

  /** Objects are found through their bucket, whose id is never used again: without it they are unreachable. */
  forgetBucket(name: string): void {
    this.epoch++;
    this.#buckets.delete(name);
  }

  forgetObject(bucketId: number, key: string): void {
    this.epoch++;
    this.#objects.delete(objectKey(bucketId, key));
  }

  /** Invalidates every object that was found with this blob. */
  forgetBlob(blobId: number): void {
    this.epoch++;
    this.#blobs.delete(blobId);
  }

  #forgetAll(): void {
    this.epoch++;
    for (const map of [this.#keys, this.#buckets, this.#objects, this.#blobs]) map.clear();
  }
}

function objectKey(bucketId: number, key: string): string {
  return `${bucketId}/${key}`;
}
