/**
 * Is there room beside the database file? SQLite refuses a write when the disk is full, but not always: where it cannot
 * enlarge its -shm file it reports an I/O error, after which nothing can be trusted, and on a file system with blocks
 * of less than 4 KiB the process gets SIGBUS. So what adds content is refused before; what makes room is not.
 */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { S3Error } from "../../errors.ts";

const RESERVE = 32 * 1024 * 1024;
/** Of a small disk this part is enough. */
const SHARE = 0.05;
const LOOK_EVERY_MS = 1000;

export class Room {
  readonly #directory: string;
  #shortage: string | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(file: string) {
    this.#directory = dirname(file);
  }

  /** As Engine.checkRoom. */
  async check(): Promise<void> {
    const isFresh = this.#shortage === undefined && performance.now() - this.#lookedAt < LOOK_EVERY_MS;
    if (!isFresh) this.#looking ??= this.#look();
    await this.#looking;
    if (this.#shortage === undefined) return;
    throw new S3Error("ServiceUnavailable", { headers: { "Retry-After": "2" } }, { cause: new Error(this.#shortage) });
  }

  async #look(): Promise<void> {
    try {
      const { bsize, blocks, bavail } = await statfs(this.#directory);
      const isShort = bavail * bsize < Math.min(RESERVE, SHARE * blocks * bsize);
      this.#shortage = isShort
        ? `the disk of the database is nearly full: ${Math.floor((bavail * bsize) / 1024)} KiB are left`
        : undefined;
    } catch {
      // Nobody can tell: the write itself shows it.
      this.#shortage = undefined;
    } finally {
      this.#lookedAt = performance.now();
      this.#looking = undefined;
    }
  }
}
