/**
 * A store that several gateways share, and that can be taken away, emptied and spoilt; and the door through which one
 * gateway sees it, which is the adapter. Like those of disks and S3, it answers only while the store shows the identity
 * that it expects.
 */
import type { Readable } from "node:stream";
import {
  type Backend,
  BackendError,
  type BackendStat,
  type ListedBlob,
  type OpenedBlob,
  type Sink,
} from "../../../src/backends/backend.ts";
import { collect } from "../../../src/backends/collect.ts";
import { MemoryBackend } from "../../../src/backends/memory/backend.ts";
import type { ByteRange } from "../../../src/model.ts";
import { readAll } from "../../support/rig.ts";
import type { Life } from "./life.ts";

export type Damage = "other bytes" | "cut short" | "gone";

/** What the stores tell about: each may throw, and the run has failed. */
export interface StoreWatch {
  /** An object became visible. */
  stored(store: string, key: string, etag: string): void;
  /** An object that is there will be deleted. */
  deleting(store: string, key: string): Promise<void>;
}

interface Kept {
  readonly memory: MemoryBackend;
  /** Keys whose bytes are no longer what the store says. */
  readonly spoilt: Set<string>;
  /** Unfinished uploads, as id and key. */
  readonly uploads: Map<string, string>;
}

export class ModelStore {
  readonly name: string;
  readonly region: string;
  readonly watch: StoreWatch;
  isAway = false;
  kept: Kept;
  /** Grows with every change of what it holds. */
  changes = 0;
  #former: Kept | undefined;

  constructor(name: string, region: string, watch: StoreWatch) {
    this.name = name;
    this.region = region;
    this.watch = watch;
    this.kept = this.#empty();
  }

  /** Another, empty store stands in its place now. */
  get isEmptied(): boolean {
    return this.#former !== undefined;
  }

  empty(): void {
    this.changes++;
    this.#former ??= this.kept;
    this.kept = this.#empty();
  }

  bringFormerBack(): void {
    this.changes++;
    this.kept = this.#former ?? this.kept;
    this.#former = undefined;
  }

  /** The empty store has become the one that counts. */
  forgetFormer(): void {
    this.#former = undefined;
  }

  async keys(): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.kept.memory.list("")) keys.push(key);
    return keys;
  }

  /** Does it really hold these bytes, also while it is away? */
  async holds(key: string, etag: string): Promise<boolean> {
    return !this.isSpoilt(key) && (await this.seemsToHold(key, etag));
  }

  /** Does it say that it holds other bytes than it does? */
  isSpoilt(key: string): boolean {
    return this.kept.spoilt.has(key);
  }

  /** Does it say so, as far as it can be asked without reading the bytes? */
  async seemsToHold(key: string, etag: string): Promise<boolean> {
    return (await this.kept.memory.stat(key).catch(() => undefined))?.etag === etag;
  }

  /** What it says that it holds; undefined: nothing. */
  async bytesOf(key: string): Promise<Buffer | undefined> {
    const opened = await this.kept.memory.open(key).catch(() => undefined);
    return opened && readAll(opened.body);
  }

  async damage(key: string, how: Damage): Promise<void> {
    const { memory, spoilt } = this.kept;
    this.changes++;
    if (how === "other bytes") spoilt.add(key);
    else spoilt.delete(key);
    if (how === "gone") await memory.delete(key);
    if (how !== "cut short") return;
    const bytes = await readAll((await memory.open(key)).body);
    const sink = memory.write(key, Math.max(bytes.length - 1, 0));
    if (bytes.length > 1) await sink.write(bytes.subarray(0, -1));
    await sink.finish();
  }

  #empty(): Kept {
    return {
      memory: new MemoryBackend({ name: this.name, region: this.region }),
      spoilt: new Set(),
      uploads: new Map(),
    };
  }
}

export class Door implements Backend {
  readonly name: string;
  readonly region: string;
  readonly capacity = 1;
  readonly traits;
  readonly #store: ModelStore;
  readonly #life: Life;
  #expected: string | undefined;

  constructor(store: ModelStore, life: Life) {
    this.name = store.name;
    this.region = store.region;
    this.traits = store.kept.memory.traits;
    this.#store = store;
    this.#life = life;
  }

  write(key: string, size: number): Sink {
    return this.#sink(key, this.#store.kept.memory.write(key, size), true);
  }

  writePart(key: string, uploadId: string, partNumber: number, size: number): Sink {
    return this.#sink(key, this.#store.kept.memory.writePart(key, uploadId, partNumber, size), false);
  }

  open(key: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedBlob> {
    return this.#call(async ({ memory, spoilt }) => {
      const opened = await memory.open(key, range, signal);
      return spoilt.has(key) ? { ...opened, body: otherBytes(opened.body) } : opened;
    });
  }

  read(key: string, length: number, range?: ByteRange) {
    return collect(this, key, length, range);
  }

  stat(key: string): Promise<BackendStat> {
    return this.#call(({ memory }) => memory.stat(key));
  }

  delete(key: string): Promise<void> {
    return this.#call(async ({ memory, spoilt }) => {
      const isThere = await memory.stat(key).then(
        () => true,
        () => false,
      );
      if (isThere) await this.#store.watch.deleting(this.name, key);
      this.#store.changes++;
      spoilt.delete(key);
      await memory.delete(key);
    });
  }

  createUpload(key: string): Promise<string> {
    return this.#call(async ({ memory, uploads }) => {
      const id = await memory.createUpload(key);
      uploads.set(id, key);
      return id;
    });
  }

  completeUpload(key: string, uploadId: string, parts: Parameters<Backend["completeUpload"]>[2]) {
    return this.#call(async ({ memory, spoilt, uploads }) => {
      const answer = await memory.completeUpload(key, uploadId, parts);
      uploads.delete(uploadId);
      this.#store.changes++;
      spoilt.delete(key);
      this.#store.watch.stored(this.name, key, answer.etag);
      return answer;
    });
  }

  abortUpload(key: string, uploadId?: string): Promise<void> {
    return this.#call(async ({ memory, uploads }) => {
      await memory.abortUpload(key, uploadId);
      for (const [id, name] of uploads)
        if (name === key && (uploadId === undefined || id === uploadId)) uploads.delete(id);
    });
  }

  signedUrl(): undefined {
    return undefined;
  }

  async *list(prefix: string, after?: string) {
    const listed: ListedBlob[] = [];
    await this.#call(async ({ memory }) => {
      for await (const one of memory.list(prefix, after)) listed.push(one);
    });
    yield* listed;
  }

  async identity(signal: AbortSignal): Promise<string | undefined> {
    this.#checkReached();
    return this.#store.kept.memory.identity(signal);
  }

  async isEmpty(): Promise<boolean> {
    this.#checkReached();
    return this.#store.kept.memory.isEmpty();
  }

  async establish(identity: string): Promise<void> {
    this.#checkReached();
    await this.#store.kept.memory.establish(identity);
    this.#expected = identity;
  }

  async probe(signal: AbortSignal, identity: string): Promise<void> {
    this.#checkReached();
    await this.#store.kept.memory.probe(signal, identity);
    this.#expected = identity;
  }

  async probeWrite(): Promise<void> {
    this.#checkReached();
  }

  async close(): Promise<void> {}

  #sink(key: string, sink: Sink, isWhole: boolean): Sink {
    const finish = async ({ spoilt }: Kept) => {
      const answer = await sink.finish();
      if (isWhole) {
        this.#store.changes++;
        spoilt.delete(key);
        this.#store.watch.stored(this.name, key, answer.etag);
      }
      return answer;
    };
    return {
      write: (chunk) => sink.write(chunk),
      finish: () => this.#call(finish),
      abort: () => sink.abort(),
    };
  }

  #call<T>(work: (kept: Kept) => Promise<T>): Promise<T> {
    return this.#life.call(
      async () => {
        this.#checkReached();
        const identity = await this.#store.kept.memory.identity(new AbortController().signal);
        if (identity === undefined || identity !== this.#expected) throw this.#unreachable("another store is there");
        return work(this.#store.kept);
      },
      () => this.#unreachable("the connection was cut"),
    );
  }

  #checkReached(): void {
    if (this.#store.isAway) throw this.#unreachable("it is away");
  }

  #unreachable(detail: string): BackendError {
    return new BackendError(this.name, "unavailable", { detail });
  }
}

/** As many, the first one changed. */
function otherBytes(body: Readable): Readable {
  let isFirst = true;
  return body.map((chunk: Buffer) => {
    if (!isFirst || chunk.length === 0) return chunk;
    isFirst = false;
    const changed = Buffer.from(chunk);
    changed[0] = (changed[0] ?? 0) ^ 1;
    return changed;
  });
}
