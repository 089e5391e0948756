/**
 * A backend in this process's memory, for tests and embedded gateways. It keeps the contract while the process lives;
 * bytes are visible under a key only after `finish`.
 */
import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
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
import type { StopSignal } from "../stop-signal.ts";

export interface MemoryBackendOptions {
  readonly name: string;
  readonly region: string;
  /** Default 1. */
  readonly capacity?: number | undefined;
  /** Default: all there are. */
  readonly sizeBytes?: number | undefined;
  /** Default: none, until it is established. */
  readonly identity?: string | undefined;
}

interface Kept extends BackendStat {
  readonly chunks: readonly Buffer[];
  readonly modifiedAt: Date;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Kept>;
}

const TRAITS: BackendTraits = { publicEndpoint: undefined, replayedHeaders: "strict", honoursEmbeddedHeaders: false };

export class MemoryBackend implements Backend {
  readonly name: string;
  readonly region: string;
  readonly capacity: number;
  readonly sizeBytes: number | undefined;
  readonly traits = TRAITS;
  readonly #objects = new Map<string, Kept>();
  readonly #uploads = new Map<string, Upload>();
  #identity: string | undefined;

  constructor(options: MemoryBackendOptions) {
    this.name = options.name;
    this.region = options.region;
    this.capacity = options.capacity ?? 1;
    this.sizeBytes = options.sizeBytes;
    this.#identity = options.identity;
  }

  write(key: string, size: number): Sink {
    return new MemorySink(this.name, size, (kept) => this.#objects.set(key, kept));
  }

  async open(key: string, range?: ByteRange, signal?: StopSignal): Promise<OpenedBlob> {
    if (signal?.aborted) throw signal.reason;
    const { chunks, size, etag } = this.#find(key);
    if (range !== undefined && (range.first > range.last || range.last >= size))
      throw new BackendError(this.name, "corrupt", { detail: `range ${range.first}-${range.last} of ${size} bytes` });
    return {
      body: Readable.from(range === undefined ? chunks : slices(chunks, range), { objectMode: false }),
      size,
      etag,
    };
  }

  read(key: string, length: number, range?: ByteRange, signal?: StopSignal): Promise<ReadBytes> {
    return collect(this, key, length, range, signal);
  }

  async stat(key: string): Promise<BackendStat> {
    const { size, etag } = this.#find(key);
    return { size, etag };
  }

  async delete(key: string): Promise<void> {
    this.#objects.delete(key);
  }

  async createUpload(key: string): Promise<string> {
    const id = randomUUID();
    this.#uploads.set(id, { key, parts: new Map() });
    return id;
  }

  writePart(key: string, uploadId: string, partNumber: number, size: number): Sink {
    return new MemorySink(this.name, size, (kept) => this.#upload(key, uploadId).parts.set(partNumber, kept));
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ etag: string }> {
    const upload = this.#upload(key, uploadId);
    const chosen = parts.map(({ partNumber, etag }) => {
      const part = upload.parts.get(partNumber);
      if (part === undefined || part.etag !== etag)
        throw new BackendError(this.name, "refused", { detail: `part ${partNumber} is not ${etag}` });
      return part;
    });
    const etag = multipartEtag(chosen.map((part) => part.etag));
    const size = chosen.reduce((sum, part) => sum + part.size, 0);
    this.#objects.set(key, { chunks: chosen.flatMap((part) => part.chunks), size, etag, modifiedAt: new Date() });
    this.#uploads.delete(uploadId);
    return { etag };
  }

  async abortUpload(key: string, uploadId?: string): Promise<void> {
    for (const [id, upload] of this.#uploads)
      if (upload.key === key && (uploadId === undefined || id === uploadId)) this.#uploads.delete(id);
  }

  signedUrl(): undefined {
    return undefined;
  }

  async *list(prefix: string, after = ""): AsyncGenerator<ListedBlob> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && inByteOrder(after, key) < 0);
    keys.sort(inByteOrder);
    for (const key of keys) {
      const kept = this.#objects.get(key);
      if (kept !== undefined) yield { key, size: kept.size, etag: kept.etag, modifiedAt: kept.modifiedAt };
    }
  }

  async identity(signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    return this.#identity;
  }

  async isEmpty(): Promise<boolean> {
    return this.#objects.size === 0;
  }

  async establish(identity: string): Promise<void> {
    this.#identity ??= identity;
    if (this.#identity !== identity)
      throw new BackendError(this.name, "refused", { detail: `it has the identity ${this.#identity}` });
  }

  async probe(signal: AbortSignal, identity: string): Promise<void> {
    checkIdentity(this.name, identity, await this.identity(signal));
  }

  async probeWrite(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  async close(): Promise<void> {
    this.#objects.clear();
    this.#uploads.clear();
  }

  #find(key: string): Kept {
    const kept = this.#objects.get(key);
    if (kept === undefined) throw new BackendError(this.name, "absent", { detail: key });
    return kept;
  }

  #upload(key: string, id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload === undefined || upload.key !== key)
      throw new BackendError(this.name, "absent", { detail: `upload ${id} of ${key}` });
    return upload;
  }
}

class MemorySink implements Sink {
  readonly #backend: string;
  readonly #size: number;
  readonly #keep: (kept: Kept) => void;
  readonly #md5 = createHash("md5");
  #chunks: Buffer[] = [];
  #received = 0;
  #aborted = false;

  constructor(backend: string, size: number, keep: (kept: Kept) => void) {
    this.#backend = backend;
    this.#size = size;
    this.#keep = keep;
  }

  write(chunk: Buffer): undefined {
    this.#md5.update(chunk);
    this.#chunks.push(chunk);
    this.#received += chunk.length;
  }

  async finish(): Promise<{ readonly etag: string }> {
    if (this.#aborted) throw new BackendError(this.#backend, "unavailable", { detail: "the write was given up" });
    if (this.#received !== this.#size)
      throw new BackendError(this.#backend, "refused", { detail: `${this.#received} of ${this.#size} bytes` });
    const etag = this.#md5.digest("hex");
    this.#keep({ chunks: this.#chunks, size: this.#size, etag, modifiedAt: new Date() });
    return { etag };
  }

  abort(): void {
    this.#aborted = true;
    this.#chunks = [];
  }
}

function* slices(chunks: readonly Buffer[], range: ByteRange): Generator<Buffer> {
  let start = 0;
  for (const chunk of chunks) {
    const from = Math.max(range.first - start, 0);
    const to = Math.min(range.last + 1 - start, chunk.length);
    if (from < to) yield chunk.subarray(from, to);
    start += chunk.length;
    if (start > range.last) return;
  }
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
