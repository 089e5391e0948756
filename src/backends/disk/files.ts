/**
 * The file calls of a disk backend, as promises over plain descriptors (a FileHandle costs three times as much), and
 * what their failures mean. A missing file counts as absent only while the disk's marker is in place.
 */
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BackendError, type BackendFault } from "../backend.ts";
import { parseIdentity } from "../identity.ts";
import { FileCalls } from "./file-calls.ts";
import { MARKER } from "./layout.ts";
import { OpenFile } from "./open-file.ts";

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

/** A file call that takes longer shows that the disk hangs. */
const STALL_MS = 30_000;

/** One disk: its directory, its identity, whether it syncs. Shared by the backend and its sinks. */
export class Disk {
  readonly backend: string;
  readonly directory: string;
  readonly durable: boolean;
  /** Directories whose own name is durable, or is being made so. */
  readonly #lasting = new Map<string, Promise<void>>();
  /** What the marker must say; undefined: it was not established or probed yet, and any marker counts. */
  #identity: string | undefined;

  readonly #calls: FileCalls;

  constructor(backend: string, directory: string, durable: boolean, stallMs: number = STALL_MS) {
    this.#calls = new FileCalls(backend, stallMs);
    this.backend = backend;
    this.directory = directory;
    this.durable = durable;
  }

  fault(fault: BackendFault, detail: string, cause?: unknown): BackendError {
    return new BackendError(this.backend, fault, { cause, detail });
  }

  /** Every file call goes through here or `open`: see FileCalls.run. */
  run<T>(call: () => Promise<T>): Promise<T> {
    return this.#calls.run(call);
  }

  /** Throws unavailable while the disk hangs. */
  checkProgress(): void {
    this.#calls.check();
  }

  open(path: string, flags: "r" | "w" | "wx"): Promise<OpenFile> {
    return OpenFile.open(this.#calls, path, flags);
  }

  /** Opens a file for as long as `work` takes. */
  async use<T>(path: string, flags: "r" | "w", work: (file: OpenFile) => Promise<T>): Promise<T> {
    const file = await this.open(path, flags);
    try {
      const result = await work(file);
      await file.close();
      return result;
    } catch (error) {
      file.abandon();
      throw error;
    }
  }

  /** From now on only the disk with this identity counts as being in place. */
  expect(identity: string): void {
    this.#identity = identity;
  }

  /** What the marker says; undefined: the directory has none. Throws absent when there is no directory. */
  async readIdentity(): Promise<string | undefined> {
    try {
      return parseIdentity(await this.run(() => readFile(join(this.directory, MARKER), "latin1")));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw await this.translate(error, `the marker of ${this.directory}`);
    }
    try {
      await this.run(() => stat(this.directory));
      return undefined;
    } catch (error) {
      const isMissing = codeOf(error) === "ENOENT";
      throw isMissing ? this.fault("absent", `${this.directory} is not there`) : await this.translate(error, "stat");
    }
  }

  /** Throws unavailable unless this very disk is in place. */
  async checkPresent(): Promise<void> {
    let identity: string | undefined;
    try {
      identity = await this.readIdentity();
    } catch (error) {
      if (error instanceof BackendError && error.fault !== "absent") throw error;
      throw this.fault("unavailable", `no marker in ${this.directory}`, error);
    }
    if (identity === undefined) throw this.fault("unavailable", `no marker in ${this.directory}`);
    if (this.#identity !== undefined && identity !== this.#identity)
      throw this.fault("unavailable", `another disk is mounted at ${this.directory}`);
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

  /**
   * What a failure to read an object means. EIO comes from a block of it that cannot be read, as far as one can tell
   * while the rest of the disk can: a disk that dies answers so about good bytes too.
   */
  async translateRead(error: unknown, detail: string): Promise<BackendError> {
    if (codeOf(error) !== "EIO") return this.translate(error, detail);
    try {
      await this.checkPresent();
    } catch (away) {
      return this.translate(away, detail);
    }
    return new BackendError(this.backend, "corrupt", { cause: error, detail, isSuspicion: true });
  }

  async syncDirectory(path: string): Promise<void> {
    if (!this.durable) return;
    await this.use(path, "r", (directory) => directory.sync());
  }

  /** Renames durably; makes missing directories above `to`, but never the disk's own. */
  async moveInto(from: string, to: string): Promise<void> {
    try {
      await this.run(() => rename(from, to));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await this.checkPresent();
      for (let path = dirname(to); path.length > this.directory.length; path = dirname(path))
        this.#lasting.delete(path);
      await this.run(() => mkdir(dirname(to), { recursive: true }));
      await this.run(() => rename(from, to));
    }
    await Promise.all([this.syncDirectory(dirname(to)), this.#makeLast(dirname(to))]);
  }

  /**
   * A file lasts only when the names of all directories above it do. A write into one that another write has just made
   * waits for that too.
   */
  #makeLast(directory: string): Promise<void> {
    if (!this.durable || directory.length <= this.directory.length) return Promise.resolve();
    const known = this.#lasting.get(directory);
    if (known !== undefined) return known;
    const above = dirname(directory);
    const lasts = Promise.all([this.#makeLast(above), this.syncDirectory(above)]).then(() => undefined);
    this.#lasting.set(directory, lasts);
    lasts.catch(() => this.#lasting.delete(directory));
    return lasts;
  }
}
