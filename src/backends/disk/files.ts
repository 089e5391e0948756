/**
 * The file calls of a disk backend, as promises over plain descriptors (a FileHandle costs three times as much), and
 * what their failures mean. A missing file counts as absent only while the disk's marker is in place.
 */
import fs from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { BackendError, type BackendFault } from "../backend.ts";
import { MARKER } from "./layout.ts";

export const openFile = promisify(fs.open);
export const closeFile = promisify(fs.close);
export const syncFile = promisify(fs.fsync);
export const renameFile = promisify(fs.rename);
export const statFile: (fd: number) => Promise<fs.Stats> = promisify(fs.fstat);

/** Fills `buffer` from `position` on; resolves with fewer bytes only at the end of the file. */
export function readFully(fd: number, buffer: Buffer, position: number): Promise<number> {
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

/** Appends all of `chunks`. */
export function writeAll(fd: number, chunks: Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (rest: Buffer[]) =>
      fs.writev(fd, rest, (error, count) => {
        if (error) return reject(error);
        const left = after(rest, count);
        if (left.length === 0) resolve();
        else next(left);
      });
    next(chunks);
  });
}

function after(chunks: Buffer[], count: number): Buffer[] {
  let skipped = count;
  for (const [index, chunk] of chunks.entries()) {
    if (skipped < chunk.length) return [chunk.subarray(skipped), ...chunks.slice(index + 1)];
    skipped -= chunk.length;
  }
  return [];
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const REFUSALS = new Set([
  "ENOSPC",
  "EDQUOT",
  "EROFS",
  "EACCES",
  "EPERM",
  "EFBIG",
  "ENAMETOOLONG",
  "ENOTDIR",
  "EISDIR",
  "ELOOP",
]);

/** One disk: its directory, its id, whether it syncs. Shared by the backend and its sinks. */
export class Disk {
  readonly backend: string;
  readonly directory: string;
  readonly durable: boolean;
  /** The marker's content when the disk was opened; undefined: it was missing then, and any content is accepted. */
  #id: string | undefined;

  constructor(backend: string, directory: string, durable: boolean, id: string | undefined) {
    this.backend = backend;
    this.directory = directory;
    this.durable = durable;
    this.#id = id;
  }

  fault(fault: BackendFault, detail: string, cause?: unknown): BackendError {
    return new BackendError(this.backend, fault, { cause, detail });
  }

  /** Throws unavailable unless this very disk is in place. */
  async checkPresent(): Promise<void> {
    let id: string;
    try {
      id = await readFile(join(this.directory, MARKER), "latin1");
    } catch (error) {
      throw this.fault("unavailable", `no marker in ${this.directory}`, error);
    }
    this.#id ??= id;
    if (id !== this.#id) throw this.fault("unavailable", `another disk is mounted at ${this.directory}`);
  }

  /** What a failed file call means. */
  async translate(error: unknown, detail: string): Promise<BackendError> {
    if (error instanceof BackendError) return error;
    const code = codeOf(error);
    let fault: BackendFault = code !== undefined && REFUSALS.has(code) ? "refused" : "unavailable";
    if (code === "ENOENT") {
      fault = "absent";
      try {
        await this.checkPresent();
      } catch (away) {
        if (away instanceof BackendError) return away;
        throw away;
      }
    }
    return this.fault(fault, detail, error);
  }

  async syncDirectory(path: string): Promise<void> {
    if (!this.durable) return;
    const fd = await openFile(path, "r");
    try {
      await syncFile(fd);
    } finally {
      await closeFile(fd);
    }
  }

  /** Renames durably; makes missing directories above `to`, but never the disk's own. */
  async moveInto(from: string, to: string): Promise<void> {
    try {
      await renameFile(from, to);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await this.checkPresent();
      const made = await mkdir(dirname(to), { recursive: true });
      await renameFile(from, to);
      if (made !== undefined)
        for (let path = dirname(dirname(to)); path.length >= dirname(made).length; path = dirname(path))
          await this.syncDirectory(path);
    }
    await this.syncDirectory(dirname(to));
  }
}
