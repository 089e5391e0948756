/**
 * The bytes of an object on a disk, or a range of them, as a stream over one file or several. A file that is too short
 * makes the stream fail, never end.
 */
import { Readable } from "node:stream";
import type { ByteRange } from "../../model.ts";
import { BackendError } from "../backend.ts";
import { closeFile, type Disk, openFile, readFully } from "./files.ts";

export interface Segment {
  readonly path: string;
  /** How many bytes of the file belong to the object. */
  readonly size: number;
  /** Already open; the body closes it. */
  readonly fd?: number;
}

interface Piece {
  readonly path: string;
  position: number;
  left: number;
  fd: number | undefined;
}

const CHUNK = 128 * 1024;

export class DiskBody extends Readable {
  readonly #disk: Disk;
  readonly #pieces: Piece[] = [];
  #reading: Promise<void> | undefined;

  constructor(disk: Disk, segments: readonly Segment[], range: ByteRange) {
    super({ highWaterMark: CHUNK });
    this.#disk = disk;
    let start = 0;
    for (const { path, size, fd } of segments) {
      const first = Math.max(range.first - start, 0);
      const end = Math.min(range.last + 1 - start, size);
      if (first < end || fd !== undefined)
        this.#pieces.push({ path, position: first, left: Math.max(end - first, 0), fd });
      start += size;
    }
  }

  override _read(): void {
    this.#reading = this.#readNext().then(
      (chunk) => {
        this.#reading = undefined;
        this.push(chunk);
      },
      (error: unknown) => {
        this.#reading = undefined;
        this.destroy(
          error instanceof Error ? error : new BackendError(this.#disk.backend, "unavailable", { cause: error }),
        );
      },
    );
  }

  async #readNext(): Promise<Buffer | null> {
    const piece = this.#pieces[0];
    if (piece === undefined) return null;
    try {
      piece.fd ??= await openFile(piece.path, "r");
      const wanted = Math.min(piece.left, CHUNK);
      const chunk = Buffer.allocUnsafe(wanted);
      const count = await readFully(piece.fd, chunk, piece.position);
      if (count < wanted) throw this.#disk.fault("corrupt", `${piece.path} ends ${piece.left - count} bytes early`);
      piece.position += count;
      piece.left -= count;
      if (piece.left > 0) return chunk;
      this.#pieces.shift();
      const fd = piece.fd;
      piece.fd = undefined;
      await closeFile(fd);
      return wanted === 0 ? await this.#readNext() : chunk;
    } catch (error) {
      throw await this.#disk.translate(error, piece.path);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const close = async () => {
      await this.#reading;
      await Promise.allSettled(this.#pieces.map((piece) => (piece.fd === undefined ? undefined : closeFile(piece.fd))));
    };
    close().then(() => done(error), done);
  }
}
