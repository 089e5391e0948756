/**
 * A file being written: bytes go to `tmp/`, and only `finish` gives the file its name, after its bytes, block checksums
 * and trailer are synced. Memory is bounded by `BUFFERED`: up to that much is written at once at the end; above it the
 * writer waits.
 */
import { createHash, randomBytes } from "node:crypto";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { BackendError, type Sink } from "../backend.ts";
import { BlockChecksums } from "./block-checksums.ts";
import { codeOf, type Disk } from "./files.ts";
import { trailer } from "./layout.ts";
import type { OpenFile } from "./open-file.ts";

const BUFFERED = 256 * 1024;
const SYNCED_AT_ONCE = 64 * 1024 * 1024;

export class DiskSink implements Sink {
  readonly #disk: Disk;
  readonly #size: number;
  readonly #destination: string;
  readonly #temporary: string;
  readonly #into: (from: string, to: string) => Promise<void>;
  readonly #md5 = createHash("md5");
  readonly #checksums = new BlockChecksums();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #received = 0;
  #file: OpenFile | undefined;
  #unsynced = 0;
  #flushing: Promise<void> | undefined;
  #over = false;

  /** `into` durably gives the finished file its name. */
  constructor(disk: Disk, destination: string, size: number, into: (from: string, to: string) => Promise<void>) {
    this.#disk = disk;
    this.#size = size;
    this.#destination = destination;
    this.#temporary = join(disk.directory, "tmp", randomBytes(12).toString("hex"));
    this.#into = into;
  }

  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#over) return Promise.reject(this.#givenUp());
    this.#md5.update(chunk);
    this.#checksums.add(chunk);
    this.#received += chunk.length;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < BUFFERED) return undefined;
    return this.#flush();
  }

  async finish(): Promise<{ readonly etag: string }> {
    try {
      if (this.#over) throw this.#givenUp();
      if (this.#received !== this.#size) throw this.#disk.fault("refused", `${this.#received} of ${this.#size} bytes`);
      const etag = this.#md5.digest("hex");
      this.#pending.push(this.#checksums.table(), trailer(etag, this.#size));
      await this.#flushing;
      await this.#flush();
      const file = this.#file;
      if (this.#over || file === undefined) throw this.#givenUp();
      if (this.#disk.durable) await file.sync();
      await file.close();
      this.#file = undefined;
      if (this.#over) throw this.#givenUp();
      await this.#into(this.#temporary, this.#destination);
      if (this.#over) await this.#disk.run(() => unlink(this.#destination));
      if (this.#over) throw this.#givenUp();
      this.#over = true;
      return { etag };
    } catch (error) {
      this.abort();
      throw await this.#disk.translate(error, this.#destination);
    }
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#pending = [];
    void this.#remove();
  }

  /** One call at a time: it writes all waiting chunks. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#writePending().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #writePending(): Promise<void> {
    try {
      this.#file ??= await this.#disk.open(this.#temporary, "wx");
      while (this.#pending.length > 0 && !this.#over) {
        const chunks = this.#pending;
        this.#pending = [];
        this.#pendingBytes = 0;
        await this.#file.write(chunks);
        await this.#syncAtTimes(this.#file, chunks);
      }
    } catch (error) {
      const missing = codeOf(error) === "ENOENT";
      throw missing
        ? new BackendError(this.#disk.backend, "unavailable", { cause: error, detail: this.#temporary })
        : await this.#disk.translate(error, this.#temporary);
    }
  }

  /** So that no sync, not even the last, has so much to write that a slow disk looks like one that hangs. */
  async #syncAtTimes(file: OpenFile, written: readonly Buffer[]): Promise<void> {
    for (const chunk of written) this.#unsynced += chunk.length;
    if (!this.#disk.durable || this.#unsynced < SYNCED_AT_ONCE) return;
    this.#unsynced = 0;
    await file.sync();
  }

  async #remove(): Promise<void> {
    await Promise.allSettled([this.#flushing]);
    this.#file?.abandon();
    this.#file = undefined;
    // A file that cannot be removed now is swept from tmp/ at a start a day later or more.
    await Promise.allSettled([this.#disk.run(() => unlink(this.#temporary))]);
  }

  #givenUp(): BackendError {
    return this.#disk.fault("unavailable", "the write was given up");
  }
}
