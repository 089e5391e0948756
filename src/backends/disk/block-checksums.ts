/**
 * The checksums of a file's bytes, one for each block of 64 KiB: CRC-32, 4 bytes, big-endian, in the order of the
 * blocks. They find rot in any piece of a file at the price of reading the blocks around it.
 */
import { crc32 } from "node:zlib";

export const BLOCK_SIZE = 64 * 1024;
const CHECKSUM_SIZE = 4;

/** Bytes of the table for `size` bytes of content; the last block may be short. */
export function tableSize(size: number): number {
  return Math.ceil(size / BLOCK_SIZE) * CHECKSUM_SIZE;
}

/** Bytes of the table in a file of content and table of `size` bytes together. */
export function tableSizeWithin(size: number): number {
  return Math.ceil(size / (BLOCK_SIZE + CHECKSUM_SIZE)) * CHECKSUM_SIZE;
}

/** Builds the table while the bytes pass, in chunks of any size. */
export class BlockChecksums {
  readonly #done: number[] = [];
  #running = 0;
  #filled = 0;

  add(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + BLOCK_SIZE - this.#filled);
      this.#running = crc32(piece, this.#running);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === BLOCK_SIZE) this.#endBlock();
    }
  }

  /** The table of all bytes added; nothing may be added after it. */
  table(): Buffer {
    if (this.#filled > 0) this.#endBlock();
    const table = Buffer.allocUnsafe(this.#done.length * CHECKSUM_SIZE);
    for (const [index, checksum] of this.#done.entries()) table.writeUInt32BE(checksum, index * CHECKSUM_SIZE);
    return table;
  }

  #endBlock(): void {
    this.#done.push(this.#running);
    this.#running = 0;
    this.#filled = 0;
  }
}

/** Do `bytes`, which begin at the block `first`, fit the table? Every block must be whole, or the file's last. */
export function blocksFit(bytes: Buffer, first: number, table: Buffer): boolean {
  for (let at = 0, entry = first * CHECKSUM_SIZE; at < bytes.length; at += BLOCK_SIZE, entry += CHECKSUM_SIZE)
    if (crc32(bytes.subarray(at, at + BLOCK_SIZE)) !== table.readUInt32BE(entry)) return false;
  return true;
}
