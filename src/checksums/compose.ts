/**
 * The checksum of an object uploaded in parts, from its parts' checksums and without reading a byte:
 * COMPOSITE hashes the parts' checksums, FULL_OBJECT combines CRCs so that the result equals the CRC of the whole.
 */
import { S3Error } from "../errors.ts";
import type { Checksum, ChecksumAlgorithm } from "../model.ts";
import { checksumOf } from "./digest.ts";

/** One part: its size in bytes and its checksum in base64. */
export interface PartChecksum {
  readonly size: number;
  readonly checksum: string;
}

/** A reflected CRC, inverted before and after: the polynomial is reflected, with x^0 as its highest bit. */
interface CrcField {
  readonly bytes: number;
  readonly polynomial: bigint;
  readonly one: bigint;
}

const fields: Partial<Record<ChecksumAlgorithm, CrcField>> = {
  CRC32: { bytes: 4, polynomial: 0xedb88320n, one: 1n << 31n },
  CRC32C: { bytes: 4, polynomial: 0x82f63b78n, one: 1n << 31n },
  CRC64NVME: { bytes: 8, polynomial: 0x9a6c9329ac4bc9b5n, one: 1n << 63n },
};

/**
 * The object's checksum value in base64, a composite one followed by `-<parts>`. Parts in order, at least one.
 * Throws InvalidRequest for FULL_OBJECT with SHA1 or SHA256, which cannot be combined.
 */
export async function composeChecksum(
  algorithm: ChecksumAlgorithm,
  type: Checksum["type"],
  parts: readonly PartChecksum[],
): Promise<string> {
  if (type === "COMPOSITE") {
    const all = Buffer.concat(parts.map((part) => Buffer.from(part.checksum, "base64")));
    return `${await checksumOf(all, algorithm)}-${parts.length}`;
  }
  const field = fields[algorithm];
  if (field === undefined)
    throw new S3Error("InvalidRequest", {
      message: `The FULL_OBJECT checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    });
  return combineCrcs(field, parts).toString("base64");
}

/** crc(AB) = crc(A) * x^(8 * |B|) + crc(B) in GF(2)[x] modulo the polynomial: the inversions cancel out. */
function combineCrcs(field: CrcField, parts: readonly PartChecksum[]): Buffer {
  const shifts = new Map<number, bigint>();
  let crc = 0n;
  for (const part of parts) {
    const shift = shifts.get(part.size) ?? shiftBy(field, part.size);
    shifts.set(part.size, shift);
    crc = multiply(field, shift, crc) ^ BigInt(`0x${Buffer.from(part.checksum, "base64").toString("hex")}`);
  }
  return Buffer.from(crc.toString(16).padStart(field.bytes * 2, "0"), "hex");
}

/** x^(8 * bytes) modulo the polynomial, by squaring. */
function shiftBy(field: CrcField, bytes: number): bigint {
  let square = field.one >> 8n;
  let shift = field.one;
  for (let rest = BigInt(bytes); rest > 0n; rest >>= 1n) {
    if (rest & 1n) shift = multiply(field, square, shift);
    square = multiply(field, square, square);
  }
  return shift;
}

/** Product modulo the polynomial, both factors and the result reflected. */
function multiply(field: CrcField, a: bigint, b: bigint): bigint {
  let product = 0n;
  let rest = a;
  let factor = b;
  for (let bit = field.one; rest > 0n; bit >>= 1n) {
    if (rest & bit) {
      product ^= factor;
      rest ^= bit;
    }
    factor = factor & 1n ? (factor >> 1n) ^ field.polynomial : factor >> 1n;
  }
  return product;
}
