/**
 * A directory as a backend: a nearbucket node keeps its objects in one. layout.ts shows the layout.
 * Acknowledged means synced; a directory without its marker (an empty mount) is unavailable, never empty.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from "node:fs/promises";
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
import { DiskBody } from "./body.ts";
import { codeOf, Disk } from "./files.ts";
import { MARKER, PARTS_SUFFIX, pathOfKey } from "./layout.ts";
import { listDisk } from "./list.ts";
import { openObject, statObject } from "./objects.ts";
import { DiskSink } from "./sink.ts";
import { DiskUploads } from "./uploads.ts";

export interface DiskBackendOptions {
  readonly name: string;
  readonly region: string;
  /** An absolute path. */
  readonly directory: string;
  /** Default 1. */
  readonly capacity?: number | undefined;
  /**
   * Default true: a write is acknowledged after fsync of the file and its directory. False only for throw-away data.
   */
  readonly durable?: boolean | undefined;
  /**
   * Default true: a directory that is missing or empty becomes a new disk. False for a mount point that may be
   * unmounted at the start.
   */
  readonly create?: boolean | undefined;
  /** Default 30 s: a file call that takes longer is given up. */
  readonly stallMs?: number | undefined;
}

const TRAITS: BackendTraits = { publicEndpoint: undefined, replayedHeaders: "strict", honoursEmbeddedHeaders: false };
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Opens the disk, or makes it when its directory is missing or empty. A disk that is not mounted opens too, and is
 * unavailable until its marker is back.
 */
export async function openDiskBackend(options: DiskBackendOptions): Promise<DiskBackend> {
  const marker = join(options.directory, MARKER);
  let id: string | undefined;
  try {
    id = await readFile(marker, "latin1");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    if (options.create !== false) id = await createDisk(options, marker);
  }
  const disk = new Disk(options.name, options.directory, options.durable !== false, id, options.stallMs);
  if (id !== undefined) await sweep(options.directory);
  return new DiskBackend(options, disk);
}

async function createDisk(options: DiskBackendOptions, marker: string): Promise<string> {
  try {
    await mkdir(options.directory, { recursive: true });
    const foreign = (await readdir(options.directory)).filter(
      (name) => !["lost+found", "data", "uploads", "tmp"].includes(name),
    );
    if (foreign.length > 0)
      throw new BackendError(options.name, "refused", {
        detail: `${options.directory} is neither empty nor a nearbucket disk`,
      });
    for (const name of ["data", "uploads", "tmp"]) await mkdir(join(options.directory, name), { recursive: true });
    const id = `${randomUUID()}\n`;
    await writeFile(marker, id, { flag: "wx", flush: true });
    const disk = new Disk(options.name, options.directory, options.durable !== false, id);
    await disk.syncDirectory(options.directory);
    return id;
  } catch (error) {
    throw error instanceof BackendError
      ? error
      : new BackendError(options.name, "refused", {
          cause: error,
          detail: `cannot make a disk in ${options.directory}`,
        });
  }
}

/** Removes what dead processes left in `tmp/`; files younger than a day may belong to a live process. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(join(directory, "tmp"))) {
    const path = join(directory, "tmp", name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > LEFTOVER_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

export class DiskBackend implements Backend {
  readonly name: string;
  readonly region: string;
  readonly capacity: number;
  readonly traits = TRAITS;
  readonly #disk: Disk;
  readonly #uploads: DiskUploads;

  constructor(options: DiskBackendOptions, disk: Disk) {
    this.name = options.name;
    this.region = options.region;
    this.capacity = options.capacity ?? 1;
    this.#disk = disk;
    this.#uploads = new DiskUploads(disk);
  }

  write(key: string, size: number): Sink {
    return new DiskSink(this.#disk, this.#path(key), size, (from, to) => this.#disk.moveInto(from, to));
  }

  async open(key: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedBlob> {
    signal?.throwIfAborted();
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

  read(key: string, length: number, range?: ByteRange): Promise<ReadBytes> {
    return collect(this, key, length, range);
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

  list(prefix: string): AsyncIterable<ListedBlob> {
    return listDisk(this.#disk, prefix);
  }

  async probe(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#disk.checkPresent();
  }

  async close(): Promise<void> {}

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
