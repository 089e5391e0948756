/**
 * The blob store over real metadata and real backends, with upkeep controlled by the test: everything below HTTP. Its
 * clock moves only when the test moves it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Backend } from "../../src/backends/backend.ts";
import { type Fleet, openFleet } from "../../src/backends/fleet.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { type BlobStore, type BodySource, openBlobStore } from "../../src/blobs/blob-store.ts";
import { openLog } from "../../src/log.ts";
import { type Metadata, type MetadataOptions, openMetadata } from "../../src/metadata/metadata.ts";
import type { Content } from "../../src/metadata/stored-content.ts";
import type { Upload } from "../../src/metadata/uploads.ts";
import type { Blob, Bucket, ByteRange, StoredObject } from "../../src/model.ts";
import { openRegistry } from "../../src/upkeep/registry.ts";
import { openUpkeep, type Upkeep, type UpkeepOptions } from "../../src/upkeep/upkeep.ts";
import type { Wanted } from "../../src/wanted.ts";
import { beginCompletion } from "./uploads.ts";

export interface RigOptions {
  /** Default: memory stores "a" in region "x", "b" in "y", "c" in "z". */
  readonly backends?: readonly Backend[];
  readonly copies?: number;
  readonly minimumCopies?: number;
  readonly bufferBytes?: number;
  /** Default 0: every read asks a backend. */
  readonly cacheBytes?: number;
  readonly verifiedForMs?: number;
  readonly graceMs?: number;
  readonly probeIntervalMs?: number;
  readonly probeTimeoutMs?: number;
  /** Default: a SQLite file of its own. */
  readonly engine?: MetadataOptions["engine"];
  readonly scrub?: UpkeepOptions["scrub"];
  readonly scrubMs?: number;
  readonly inventoryMs?: number;
  /** Default 5000. */
  readonly stillMs?: number;
}

export interface Rig extends AsyncDisposable {
  readonly backends: readonly Backend[];
  readonly fleet: Fleet;
  readonly metadata: Metadata;
  readonly blobs: BlobStore & { close(): Promise<void> };
  readonly upkeep: Upkeep;
  readonly bucket: Bucket;
  readonly databaseFile: string;
  readonly scope: string;
  readonly clock: { now(): Date; advance(ms: number): void };
  backend(name: string): Backend;
  /** Stores bytes and gives them a name. */
  put(
    key: string,
    bytes: Buffer,
    options?: {
      readonly bytes?: Partial<BodySource>;
      readonly scope?: string | undefined;
      readonly minimumCopies?: number;
      readonly wanted?: Wanted;
    },
  ): Promise<Content>;
  name(key: string, content: Content, etag?: string): Promise<StoredObject>;
  /** The blob behind a name, read afresh. */
  blobOf(key: string): Promise<Blob>;
  get(key: string, options?: { readonly order?: readonly string[]; readonly range?: ByteRange }): Promise<Buffer>;
  /** Starts an upload in parts, as CreateMultipartUpload does. */
  startUpload(key: string, wanted?: Wanted): Promise<Upload>;
  uploadPart(upload: Upload, partNumber: number, bytes: Buffer): Promise<void>;
  completeUpload(upload: Upload): Promise<StoredObject>;
  findUpload(upload: Upload): Promise<Upload>;
  /** Names that stand on each backend. */
  standing(): Promise<Record<string, readonly string[]>>;
}

export const bytesOf = (bytes: Buffer, more: Partial<BodySource> = {}): BodySource => ({
  size: bytes.length,
  open: () => Readable.from(chunksOf(bytes), { objectMode: false }),
  claims: {},
  sender: new AbortController(),
  ...more,
});

function* chunksOf(bytes: Buffer, size = 64 * 1024): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function readAll(body: Readable | Buffer): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const memoryStores = () => [
  new MemoryBackend({ name: "a", region: "x" }),
  new MemoryBackend({ name: "b", region: "y" }),
  new MemoryBackend({ name: "c", region: "z" }),
];

export const OUTAGE_GRACE_MS = 600_000;

export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-rig-"));
  const log = openLog("silent");
  let time = Date.UTC(2026, 0, 1);
  const clock = {
    now: () => new Date(time),
    advance(ms: number) {
      time += ms;
    },
  };
  const {
    backends = memoryStores(),
    copies = 2,
    graceMs = 86_400_000,
    bufferBytes = 1024 * 1024,
    verifiedForMs = 3_600_000,
  } = options;
  const databaseFile = join(directory, "metadata.sqlite");
  const metadata = await openMetadata({
    engine: options.engine ?? { kind: "sqlite", file: databaseFile, durable: false },
    now: clock.now,
    graceMs,
    cacheRows: 1000,
  });
  const regions = [...new Set(backends.map(({ region }) => region))].map((name, index) => ({
    name,
    latitude: 0,
    longitude: index * 10,
  }));
  const fleet = openFleet({
    backends,
    regions,
    log,
    probeIntervalMs: options.probeIntervalMs ?? 60_000,
    probeTimeoutMs: options.probeTimeoutMs ?? 1_500,
    stillMs: options.stillMs ?? 5_000,
    outageGraceMs: OUTAGE_GRACE_MS,
    now: clock.now,
  });
  const registry = openRegistry({ metadata, fleet, backends, now: clock.now, log });
  await registry.refresh();
  const blobs = await openBlobStore({
    metadata,
    fleet,
    copies,
    minimumCopies: options.minimumCopies,
    bufferBytes,
    cacheBytes: options.cacheBytes ?? 0,
    verifiedForMs,
    now: clock.now,
    log,
  });
  const { scrub, scrubMs, inventoryMs } = options;
  const upkeep = openUpkeep({
    ...{ metadata, fleet, blobs, copies, now: clock.now, log, graceMs },
    ...(scrub && { scrub }),
    ...(scrubMs !== undefined && { scrubMs }),
    ...(inventoryMs !== undefined && { inventoryMs }),
  });
  const account = await metadata.accounts.ensure("tester");
  const bucket = await metadata.buckets.create({
    name: "bucket",
    accountId: account.id,
    location: "us-east-1",
    settings: {},
  });
  const scope = `account:${account.id}`;
  const rig: Rig = {
    backends,
    fleet,
    metadata,
    blobs,
    upkeep,
    bucket,
    databaseFile,
    scope,
    clock,
    backend(name) {
      const found = backends.find((backend) => backend.name === name);
      if (found === undefined) throw new Error(`no backend ${name}`);
      return found;
    },
    async put(key, bytes, more = {}) {
      const { content, md5 } = await blobs.put(bytesOf(bytes, more.bytes), {
        scope: "scope" in more ? more.scope : scope,
        minimumCopies: more.minimumCopies,
        wanted: more.wanted,
      });
      await rig.name(key, content, md5);
      return content;
    },
    name: (key, content, etag = content.etag) =>
      metadata.objects.put({
        bucketId: bucket.id,
        key,
        content,
        etag,
        attributes: { metadata: {} },
        checksum: undefined,
        parts: undefined,
        condition: {},
      }),
    async blobOf(key) {
      const { found } = await metadata.objects.find(bucket.name, key);
      const blob = found && (await metadata.blobs.find(found.blob.id));
      if (blob === undefined) throw new Error(`no object ${key}`);
      return blob;
    },
    async get(key, { order = [], range } = {}) {
      const { found } = await metadata.objects.find(bucket.name, key);
      if (found === undefined) throw new Error(`no object ${key}`);
      const { body } = await blobs.open(found.blob, { order, range, reader: new AbortController() });
      return readAll(body);
    },
    async startUpload(key, wanted) {
      const started = await blobs.startUpload(wanted);
      return metadata.uploads.create({
        ...started,
        bucketId: bucket.id,
        key,
        accountId: account.id,
        attributes: { metadata: {} },
        checksumAlgorithm: undefined,
        checksumType: undefined,
        dedup: "account",
      });
    },
    async uploadPart(upload, partNumber, bytes) {
      const { content } = await blobs.putPart(await rig.findUpload(upload), partNumber, bytesOf(bytes));
      await metadata.uploads.putPart(upload.uploadId, { partNumber, ...content, checksum: undefined });
    },
    async completeUpload(upload) {
      const parts = await metadata.uploads.parts(upload.uploadId, { after: 0, limit: 10_000 });
      const { signal } = new AbortController();
      const content = await blobs.completeUpload(await rig.findUpload(upload), parts, scope, signal);
      return metadata.uploads.complete(await beginCompletion(metadata, upload), {
        content,
        etag: content.etag,
        checksum: undefined,
        parts: parts.map(({ partNumber, size }) => ({ partNumber, size })),
        condition: {},
      });
    },
    async findUpload(upload) {
      const found = await metadata.uploads.find(bucket.id, upload.key, upload.uploadId);
      if (found === undefined) throw new Error("no such upload");
      return found;
    },
    async standing() {
      const entries = backends.map(async (backend) => {
        const names: string[] = [];
        for await (const { key } of backend.list("blobs/")) names.push(key);
        return [backend.name, names] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    async [Symbol.asyncDispose]() {
      await upkeep.close();
      await blobs.close();
      await registry.close();
      await fleet.close();
      await metadata.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return rig;
}

/** A rig and what its backends stand on, closed together. */
export async function openRigOver<Stores extends AsyncDisposable & { readonly backends: readonly Backend[] }>(
  stores: Stores,
  options: Omit<RigOptions, "backends"> = {},
) {
  const rig = await openRig({ ...options, backends: stores.backends });
  return {
    stores,
    rig,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await stores[Symbol.asyncDispose]();
    },
  };
}

/** Of an object's replicas, by backend. */
export async function statesOf(rig: Rig, key: string): Promise<Record<string, string>> {
  return Object.fromEntries((await rig.blobOf(key)).replicas.map(({ backend, state }) => [backend, state]));
}
