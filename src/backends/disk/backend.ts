/**
 * A directory as a backend: a nearbucket node keeps its objects in one. layout.ts shows the layout.
 * Acknowledged means synced; a directory without its marker (an empty mount) is unavailable, never empty.
 */
import { randomUUID } from "node:crypto";
import { rename, rm, statfs, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ByteRange } from "../../model.ts";
import {
  type Backend,
  BackendError,
  type BackendStat,
  type BackendTraits,
  type ListedBlob,
  type OpenedBlob,
  type ReadBytes,
  type Sink,
} from "../backend.ts";
import { collect } from "../collect.ts";
import { checkIdentity } from "../identity.ts";
import type { Space } from "../space.ts";
import type { StopSignal } from "../stop-signal.ts";
import { DiskBody } from "./body.ts";
import { establishDisk, isDiskEmpty } from "./establish.ts";
import { codeOf, Disk } from "./files.ts";
import { PARTS_SUFFIX, pathOfKey } from "./layout.ts";
import { listDisk } from "./list.ts";
import { openObject, statObject } from "./objects.ts";
import { probeFile } from "./probe-file.ts";
import { DiskSink } from "./sink.ts";
import { sweepTemporary } from "./sweep.ts";
import { DiskUploads } from "./uploads.ts";

export interface DiskBackendOptions {
  readonly name: string;
  readonly region: string;
  /** An absolute path. */
  readonly directory: string;
  /** Default 1. */
  readonly capacity?: number | undefined;
  /** Default: all there are. */
  readonly sizeBytes?: number | undefined;
  /**
   * Default true: a write is acknowledged after fsync of the file and its directory. False only for throw-away data.
   */
  readonly durable?: boolean | undefined;
  /** Default 30 s: a file call that takes longer is given up. */
  readonly stallMs?: number | undefined;
}

const TRAITS: BackendTraits = { publicEndpoint: undefined, replayedHeaders: "strict", honoursEmbeddedHeaders: false };

/** Opens the disk, mounted or not; it never makes one. */
export async function openDiskBackend(options: DiskBackendOptions): Promise<DiskBackend> {
  const { name, directory, durable, stallMs } = options;
  const open = () => new Disk(name, directory, durable !== false, stallMs);
  const disk = open();
  await sweepTemporary(disk);
  return new DiskBackend(options, disk, open());
}

export class DiskBackend implements Backend {
  readonly name: string;
  readonly region: string;
  readonly capacity: number;
  readonly sizeBytes: number | undefined;
  readonly traits = TRAITS;
  readonly #disk: Disk;
  /** The same, with file calls of its own: a probe does not wait behind a thousand reads. */
  readonly #probes: Disk;
  readonly #uploads: DiskUploads;

  constructor(options: DiskBackendOptions, disk: Disk, probes: Disk) {
    this.name = options.name;
    this.region = options.region;
    this.capacity = options.capacity ?? 1;
    this.sizeBytes = options.sizeBytes;
    this.#disk = disk;
    this.#probes = probes;
    this.#uploads = new DiskUploads(disk);
  }

  write(key: string, size: number): Sink {
    return new DiskSink(this.#disk, this.#path(key), size, (from, to) => this.#disk.moveInto(from, to));
  }

  async open(key: string, range?: ByteRange, signal?: StopSignal): Promise<OpenedBlob> {
    if (signal?.aborted) throw signal.reason;
    const path = this.#path(key);
    const { size, etag, segments, bytes } = await openObject(this.#disk, path);
    if (range !== undefined && (range.first > range.last || range.last >= size)) {
      for (const { stored } of segments) stored?.file.abandon();
      throw this.#disk.fault("corrupt", `range ${range.first}-${range.last} of ${size} bytes: ${key}`);
    }
    const whole = range ?? { first: 0, last: size - 1 };
    if (bytes !== undefined) return { body: readableOf(bytes.subarray(whole.first, whole.last + 1)), size, etag };
    const body = new DiskBody(this.#disk, segments, whole);
    if (signal !== undefined) {
      const abort = () =>
        body.destroy(new BackendError(this.name, "unavailable", { cause: signal.reason, detail: "aborted" }));
      signal.addEventListener("abort", abort, { once: true });
      body.once("close", () => signal.removeEventListener("abort", abort));
    }
    return { body, size, etag };
  }

  read(key: string, length: number, range?: ByteRange, signal?: StopSignal): Promise<ReadBytes> {
    return collect(this, key, length, range, signal);
  }

  async stat(key: string): Promise<BackendStat> {
    return statObject(this.#disk, this.#path(key));
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      await this.#disk
        .run(() => unlink(path))
        .catch((error: unknown) => {
          if (codeOf(error) !== "ENOENT") throw error;
          return this.#deleteParts(`${path}${PARTS_SUFFIX}`);
        });
    } catch (error) {
      const translated = await this.#disk.translate(error, path);
      if (translated.fault !== "absent") throw translated;
    }
  }

  async createUpload(key: string): Promise<string> {
    this.#path(key);
    return this.#uploads.create(key);
  }

  writePart(key: string, uploadId: string, partNumber: number, size: number): Sink {
    return this.#uploads.writePart(key, uploadId, partNumber, size);
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ etag: string }> {
    return this.#uploads.complete(key, uploadId, this.#path(key), parts);
  }

  abortUpload(key: string, uploadId?: string): Promise<void> {
    return this.#uploads.abort(key, uploadId);
  }

  signedUrl(): undefined {
    return undefined;
  }

  list(prefix: string, after?: string): AsyncIterable<ListedBlob> {
    return listDisk(this.#disk, prefix, after);
  }

  async identity(signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    this.#disk.checkProgress();
    return this.#probes.readIdentity();
  }

  isEmpty(): Promise<boolean> {
    return isDiskEmpty(this.#disk);
  }

  async establish(identity: string): Promise<void> {
    await establishDisk(this.#disk, identity);
    this.#expect(identity);
  }

  async probe(signal: AbortSignal, identity: string): Promise<void> {
    checkIdentity(this.name, identity, await this.identity(signal));
    this.#expect(identity);
  }

  async probeWrite(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#disk.checkProgress();
    await probeFile(this.#probes);
  }

  async space(): Promise<Space> {
    const { bsize, blocks, bavail } = await this.#probes.run(() => statfs(this.#probes.directory));
    return { free: bavail * bsize, total: blocks * bsize };
  }

  async close(): Promise<void> {}

  #expect(identity: string): void {
    for (const disk of [this.#disk, this.#probes]) disk.expect(identity);
  }

  #path(key: string): string {
    return pathOfKey(this.name, this.#disk.directory, key);
  }

  /** One rename hides the directory; its files are removed after that. */
  async #deleteParts(directory: string): Promise<void> {
    const away = join(this.#disk.directory, "tmp", `${randomUUID()}.deleted`);
    await this.#disk.run(() => rename(directory, away));
    await this.#disk.run(() => rm(away, { recursive: true }));
  }
}

function readableOf(bytes: Buffer): Readable {
  const body = new Readable({ read() {} });
  body.push(bytes);
  body.push(null);
  return body;
}
