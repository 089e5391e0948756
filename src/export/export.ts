/**
 * Copies objects out: each is looked for where it goes to, copied there by the service itself where that can, and else
 * read from one replica after the other until one is right. An object that cannot be had is told, and the others go on.
 */
import { reasonOf } from "../log.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Bucket, FoundObject, ListedObject } from "../model.ts";
import { pagesOf, type Selection } from "./selection.ts";
import { openSource, SourceFailure } from "./source.ts";
import type { Stores } from "./stores.ts";
import type { BucketTarget, Target } from "./target.ts";
import { TargetFull } from "./target.ts";

interface Failure {
  readonly bucket: string;
  readonly key: string;
  readonly reason: string;
}

/** Bytes are those of the objects, however they came there. */
export interface Tally {
  /** Read from a replica, checked, and written. */
  written: number;
  /** Copied by the service that holds both ends. */
  copied: number;
  /** They stood there already. */
  skipped: number;
  failed: number;
  bytesWritten: number;
  bytesCopied: number;
  bytesSkipped: number;
  /** The first of those that failed. */
  readonly failures: Failure[];
}

export interface ExportParts {
  readonly metadata: Metadata;
  readonly stores: Stores;
  readonly target: Target;
  readonly selection: Selection;
  /** Looks, and writes nothing: `written` is what would be written or copied. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** `bytes`: done so far, those of half-written objects included. */
  readonly onProgress: (tally: Tally, bytes: number) => void;
}

const AT_ONCE = 8;
const NAMED_FAILURES = 20;

/** Throws what ends the whole export: a full target, a database that is away, the signal's reason. */
export async function exportObjects(parts: ExportParts, tally: Tally): Promise<void> {
  let bytes = 0;
  const onBytes = (count: number) => {
    bytes += count;
    parts.onProgress(tally, bytes);
  };
  for (const bucket of parts.selection.buckets) {
    const target = await parts.target.open(bucket);
    try {
      for await (const page of pagesOf(parts.metadata, bucket, parts.selection)) {
        await target.begin?.(page);
        await exportPage(parts, { bucket, target, page, tally, onBytes });
        await target.end?.();
      }
    } finally {
      await target.close?.();
    }
  }
}

interface Page {
  readonly bucket: Bucket;
  readonly target: BucketTarget;
  readonly page: readonly ListedObject[];
  readonly tally: Tally;
  readonly onBytes: (count: number) => void;
}

/** What failed is tried once more when the rest of its page is done: what was in its way may be gone. */
async function exportPage(parts: ExportParts, page: Page): Promise<void> {
  const again = new Set<string>();
  await eachOf(page.page, (key) => exportOne(parts, page, key, () => again.add(key)));
  const { bucket, tally } = page;
  const fail = (key: string, reason: string) => {
    tally.failed++;
    if (tally.failures.length < NAMED_FAILURES) tally.failures.push({ bucket: bucket.name, key, reason });
  };
  const left = page.page.filter(({ key }) => again.has(key));
  await eachOf(left, (key) => exportOne(parts, page, key, (reason) => fail(key, reason)));
}

async function eachOf(objects: readonly ListedObject[], work: (key: string) => Promise<void>): Promise<void> {
  const left = objects.values();
  const worker = async () => {
    for (const { key } of left) await work(key);
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

async function exportOne(
  parts: ExportParts,
  { bucket, target, tally, onBytes }: Page,
  key: string,
  onFailure: (reason: string) => void,
): Promise<void> {
  parts.signal.throwIfAborted();
  const { found } = await parts.metadata.objects.find(bucket.name, key);
  // It was deleted meanwhile.
  if (found === undefined) return;
  const { size } = found.object;
  try {
    if (await target.has(found)) {
      tally.skipped++;
      tally.bytesSkipped += size;
      onBytes(size);
    } else if (!parts.dryRun && (await copyWithin(parts, target, found))) {
      tally.copied++;
      tally.bytesCopied += size;
      onBytes(size);
    } else {
      if (!parts.dryRun) await writeFromAny(parts, target, found, onBytes);
      tally.written++;
      tally.bytesWritten += size;
      onBytes(parts.dryRun ? size : 0);
    }
  } catch (error) {
    parts.signal.throwIfAborted();
    if (error instanceof TargetFull) throw error;
    onFailure(reasonOf(error) ?? String(error));
  }
}

async function copyWithin({ stores }: ExportParts, target: BucketTarget, found: FoundObject): Promise<boolean> {
  if (target.copy === undefined) return false;
  const good = new Set(found.blob.replicas.filter(({ state }) => state === "verified").map(({ backend }) => backend));
  for (const { config } of stores.holding(found.blob))
    if (good.has(config.name) && (await target.copy(found, config))) return true;
  return false;
}

async function writeFromAny(
  { stores, signal }: ExportParts,
  target: BucketTarget,
  found: FoundObject,
  onBytes: (count: number) => void,
): Promise<void> {
  const reasons: string[] = [];
  for (const { backend } of stores.holding(found.blob)) {
    let read = 0;
    const count = (bytes: number) => {
      read += bytes;
      onBytes(bytes);
    };
    try {
      await target.write(found, () => openSource(found.blob, backend, { signal, onBytes: count }));
      return stores.note(backend.name, false);
    } catch (error) {
      onBytes(-read);
      if (!(error instanceof SourceFailure)) throw error;
      signal.throwIfAborted();
      stores.note(backend.name, true);
      reasons.push(error.message);
    }
  }
  throw new Error(`no good copy can be read: ${reasons.join("; ") || "no backend holds one"}`);
}
