/**
 * One pass over bytes: sha256, md5 and, on request, one additional checksum.
 * CRCs that Node lacks come from WebAssembly; their hashers are reused, but never by two streams at once.
 */
import { createHash, type Hash, hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createCRC32, createCRC64, type IHasher } from "hash-wasm";
import type { ChecksumAlgorithm, Digest } from "../model.ts";

/** The results of one pass; undefined where not requested. */
export interface Digests {
  readonly sha256: Digest | undefined;
  /** Lower-case hex. */
  readonly md5: string | undefined;
  /** Base64 of the big-endian value, as S3 reports it; undefined: none was requested. */
  readonly checksum: string | undefined;
}

export interface WholeDigests extends Digests {
  readonly sha256: Digest;
  readonly md5: string;
}

/** Which hashes to compute: each takes a second or more of processor time per GiB. */
export interface Wanted {
  readonly sha256: boolean;
  readonly md5: boolean;
}

/** Asserts that a hash was requested. */
export function computed(value: string | undefined): string {
  if (value === undefined) throw new TypeError("this hash was not asked for");
  return value;
}

/** A running checksum; `finish` returns the big-endian value and may be called once. */
interface RunningChecksum {
  update(chunk: Buffer): void;
  finish(): Buffer;
}

/** Hashes a stream, chunk by chunk; `finish` may be called once. */
export interface Digester {
  readonly size: number;
  update(chunk: Buffer): void;
  finish(): Digests;
}

const castagnoli = 0x82f63b78;
const nvme = "9a6c9329ac4bc9b5";
const idle: { readonly CRC32C: IHasher[]; readonly CRC64NVME: IHasher[] } = { CRC32C: [], CRC64NVME: [] };

/** Starts one additional checksum. */
async function openChecksum(algorithm: ChecksumAlgorithm): Promise<RunningChecksum> {
  switch (algorithm) {
    case "CRC32":
      return runningCrc32();
    case "CRC32C":
    case "CRC64NVME":
      return runningWasm(algorithm);
    case "SHA1":
      return runningHash(createHash("sha1"));
    case "SHA256":
      return runningHash(createHash("sha256"));
  }
}

/** Starts hashing; `algorithm` names the additional checksum. */
export async function openDigester(wanted: Wanted, algorithm?: ChecksumAlgorithm): Promise<Digester> {
  const sha256 = wanted.sha256 || algorithm === "SHA256" ? createHash("sha256") : undefined;
  const md5 = wanted.md5 ? createHash("md5") : undefined;
  const further = algorithm === undefined || algorithm === "SHA256" ? undefined : await openChecksum(algorithm);
  const digester: Digester & { size: number } = {
    size: 0,
    update(chunk) {
      digester.size += chunk.length;
      sha256?.update(chunk);
      md5?.update(chunk);
      further?.update(chunk);
    },
    finish() {
      const digest = sha256?.digest();
      return {
        sha256: digest?.toString("hex"),
        md5: md5?.digest("hex"),
        checksum: algorithm === "SHA256" ? digest?.toString("base64") : further?.finish().toString("base64"),
      };
    },
  };
  return digester;
}

/** Hashes bytes in memory by the one-shot functions, which halve the cost for a small body. */
export async function digestBuffer(bytes: Buffer, algorithm?: ChecksumAlgorithm): Promise<WholeDigests> {
  const sha256 = hash("sha256", bytes, "hex");
  return {
    sha256,
    md5: hash("md5", bytes, "hex"),
    checksum: algorithm === undefined ? undefined : await checksumOf(bytes, algorithm, sha256),
  };
}

/** Base64 of one checksum over bytes in memory. */
export async function checksumOf(bytes: Buffer, algorithm: ChecksumAlgorithm, knownSha256?: Digest): Promise<string> {
  if (algorithm === "SHA256" && knownSha256 !== undefined) return Buffer.from(knownSha256, "hex").toString("base64");
  const running = await openChecksum(algorithm);
  running.update(bytes);
  return running.finish().toString("base64");
}

function runningHash(state: Hash): RunningChecksum {
  return { update: (chunk) => void state.update(chunk), finish: () => state.digest() };
}

function runningCrc32(): RunningChecksum {
  let value = 0;
  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    finish() {
      const bytes = Buffer.allocUnsafe(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

async function runningWasm(algorithm: keyof typeof idle): Promise<RunningChecksum> {
  const hasher =
    idle[algorithm].pop() ?? (algorithm === "CRC32C" ? await createCRC32(castagnoli) : await createCRC64(nvme));
  hasher.init();
  return {
    update: (chunk) => void hasher.update(chunk),
    finish() {
      const value = Buffer.from(hasher.digest("hex"), "hex");
      idle[algorithm].push(hasher);
      return value;
    },
  };
}
