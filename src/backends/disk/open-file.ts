/**
 * An open file of a disk: a plain descriptor (a FileHandle costs three times as much), never closed under a call that
 * still runs, for its number may be another file's by then.
 */
import fs from "node:fs";
import { promisify } from "node:util";
import type { FileCalls } from "./file-calls.ts";

const open = promisify(fs.open);
const close = promisify(fs.close);
const fsync = promisify(fs.fsync);
const fstat: (fd: number) => Promise<fs.Stats> = promisify(fs.fstat);

export class OpenFile {
  readonly #calls: FileCalls;
  readonly #fd: number;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(calls: FileCalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
  }

  /** Rejects as fs.open does, and as FileCalls. */
  static async open(calls: FileCalls, path: string, flags: "r" | "w" | "wx"): Promise<OpenFile> {
    const fd = await calls.run(
      () => open(path, flags, 0o600),
      (late) => new OpenFile(calls, late).abandon(),
    );
    return new OpenFile(calls, fd);
  }

  stat(): Promise<fs.Stats> {
    return this.#use(() => fstat(this.#fd));
  }

  /** Fills `buffer` from `position` on; resolves with fewer bytes only at the end of the file. */
  read(buffer: Buffer, position: number): Promise<number> {
    return this.#use(() => readFully(this.#fd, buffer, position));
  }

  /** Appends all of `chunks`. */
  write(chunks: readonly Buffer[]): Promise<void> {
    return this.#use(() => writeAll(this.#fd, chunks));
  }

  sync(): Promise<void> {
    return this.#use(() => fsync(this.#fd));
  }

  /** After a success. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#calls.run(() => close(this.#fd));
  }

  /** After a failure: closes once the last call has returned, and is not waited for. A closed file stays closed. */
  abandon(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closeNow = () => fs.close(this.#fd, () => undefined);
    this.#last.then(closeNow, closeNow);
  }

  #use<T>(call: () => Promise<T>): Promise<T> {
    return this.#calls.run(() => {
      // It waited for its turn until after the end: its number may be another file's now.
      const running = this.#isClosed ? Promise.reject(new Error("the file was closed")) : call();
      this.#last = running;
      return running;
    });
  }
}

function readFully(fd: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const next = (done: number) =>
      fs.read(fd, buffer, done, buffer.length - done, position + done, (error, count) => {
        if (error) reject(error);
        else if (count === 0 || done + count === buffer.length) resolve(done + count);
        else next(done + count);
      });
    next(0);
  });
}

function writeAll(fd: number, chunks: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (rest: readonly Buffer[]) =>
      fs.writev(fd, rest, (error, count) => {
        if (error) return reject(error);
        const left = after(rest, count);
        if (left.length === 0) resolve();
        else next(left);
      });
    next(chunks);
  });
}

function after(chunks: readonly Buffer[], count: number): readonly Buffer[] {
  let skipped = count;
  for (const [index, chunk] of chunks.entries()) {
    if (skipped < chunk.length) return [chunk.subarray(skipped), ...chunks.slice(index + 1)];
    skipped -= chunk.length;
  }
  return [];
}
