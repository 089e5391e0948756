/**
 * Small blobs that are read again and again, kept in memory. What stands under a storage key never changes, so a hit is
 * exact; only bytes that were checked against their blob come in. A blob is admitted when it is read a second time, so
 * that a backup or a crawler, which reads everything once, drives nothing out.
 */
import { LRUCache } from "lru-cache";

/** Larger blobs are not kept. */
export const CACHED_BLOB_BYTES = 128 * 1024;

/** What an entry costs beside its bytes: key, buffer object and backing store, list and map slots. */
const ENTRY_OVERHEAD_BYTES = 512;

/** One key remembered as read once, for so many bytes of the cache. */
const BYTES_PER_REMEMBERED_KEY = 4096;

export interface BlobCacheCounts {
  readonly hits: number;
  readonly misses: number;
  /** Held now, overhead included. */
  readonly bytes: number;
}

export class BlobCache {
  readonly #kept: LRUCache<string, Buffer>;
  readonly #readOnce: LRUCache<string, true>;
  readonly #maxBytes: number;
  #hits = 0;
  #misses = 0;

  /** `maxBytes`: for bytes and overhead; 0 keeps nothing. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#kept = new LRUCache({
      maxSize: Math.max(maxBytes, 1),
      sizeCalculation: (bytes) => bytes.length + ENTRY_OVERHEAD_BYTES,
    });
    this.#readOnce = new LRUCache({ max: Math.ceil(maxBytes / BYTES_PER_REMEMBERED_KEY) || 1 });
  }

  get counts(): BlobCacheCounts {
    return { hits: this.#hits, misses: this.#misses, bytes: this.#kept.calculatedSize };
  }

  /** The whole blob; a blob that is too large is neither a hit nor a miss. The caller must not change the bytes. */
  get(storageKey: string, size: number): Buffer | undefined {
    if (this.#maxBytes === 0 || size > CACHED_BLOB_BYTES) return undefined;
    const bytes = this.#kept.get(storageKey);
    if (bytes === undefined) this.#misses++;
    else this.#hits++;
    return bytes;
  }

  /**
   * A whole blob was read and its bytes are proven. It is copied: the buffer of a reply may share memory with others.
   */
  add(storageKey: string, bytes: Buffer): void {
    if (this.#maxBytes === 0 || bytes.length > CACHED_BLOB_BYTES || this.#kept.has(storageKey)) return;
    if (!this.#readOnce.delete(storageKey)) {
      this.#readOnce.set(storageKey, true);
      return;
    }
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(copy);
    this.#kept.set(storageKey, copy);
  }
}
