/**
 * The bytes of an object on a disk, or a range of them, as a stream over one file or several. It gives out only bytes
 * that fit their checksums. Where a file is too short or its bytes are others, the stream fails before them.
 */
import { Readable } from "node:stream";
import type { ByteRange } from "../../model.ts";
import { BackendError } from "../backend.ts";
import { BLOCK_SIZE } from "./block-checksums.ts";
import type { Disk } from "./files.ts";
import { openStored, readBlocks, type StoredFile } from "./stored-file.ts";

/** A file of an object: opened when its turn comes, or open already. The body closes it. */
export interface Segment {
  readonly path: string;
  readonly size: number;
  /** What its trailer must say; undefined: unknown. */
  readonly etag: string | undefined;
  readonly stored?: StoredFile;
}

interface Piece extends Pick<Segment, "path" | "size" | "etag"> {
  position: number;
  readonly end: number;
  stored: StoredFile | undefined;
}

/** Two blocks a call: a single one makes more calls, more make the pieces of concurrent reads large. */
const BLOCKS_AT_ONCE = 2;

export class DiskBody extends Readable {
  readonly #disk: Disk;
  readonly #pieces: Piece[] = [];

  constructor(disk: Disk, segments: readonly Segment[], range: ByteRange) {
    super({ highWaterMark: BLOCKS_AT_ONCE * BLOCK_SIZE });
    this.#disk = disk;
    let start = 0;
    for (const { path, size, etag, stored } of segments) {
      const position = Math.max(range.first - start, 0);
      const end = Math.min(range.last + 1 - start, size);
      if (position < end) this.#pieces.push({ path, size, etag, position, end, stored });
      start += size;
    }
  }

  override _read(): void {
    this.#readNext().then(
      (chunk) => {
        if (!this.destroyed) this.push(chunk);
      },
      (error: unknown) =>
        this.destroy(
          error instanceof Error ? error : new BackendError(this.#disk.backend, "unavailable", { cause: error }),
        ),
    );
  }

  async #readNext(): Promise<Buffer | null> {
    const piece = this.#pieces[0];
    if (piece === undefined) return null;
    try {
      piece.stored ??= await this.#openPiece(piece);
      if (this.destroyed) {
        this.#abandonFiles();
        return null;
      }
      const chunk = await readBlocks(this.#disk, piece.stored, piece.position, piece.end, BLOCKS_AT_ONCE);
      piece.position += chunk.length;
      if (piece.position < piece.end) return chunk;
      this.#pieces.shift();
      await piece.stored.file.close();
      return chunk;
    } catch (error) {
      throw await this.#disk.translateRead(error, piece.path);
    }
  }

  async #openPiece({ path, size, etag }: Piece): Promise<StoredFile> {
    const stored = await openStored(this.#disk, path);
    if (stored.size === size && (etag === undefined || stored.etag === etag)) return stored;
    stored.file.abandon();
    throw this.#disk.fault("corrupt", `${path} is another part: ${stored.size} bytes ${stored.etag}`);
  }

  /** Waits for no call that is under way: whoever destroys the body of a disk that hangs goes on at once. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#abandonFiles();
    done(error);
  }

  #abandonFiles(): void {
    for (const { stored } of this.#pieces) stored?.file.abandon();
  }
}
