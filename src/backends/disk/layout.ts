/**
 * The directory layout of a disk backend, and the trailer that closes each of its files; no I/O. A key never leads out
 * of the directory.
 *
 *   <directory>/
 *   ├── .nearbucket-disk           the marker: its identity. Without it the disk is unavailable, not empty
 *   ├── data/
 *   │   └── blobs/ab/
 *   │       ├── <name>             an object: its bytes, their block checksums, a trailer of 64 bytes (md5 and size)
 *   │       └── <name>.parts/      an object uploaded in parts: 00001, 00002, ... (files like that), manifest, key
 *   ├── uploads/<id>/              an upload in progress: parts and key; <id>.sealed while it becomes <name>.parts
 *   └── tmp/                       writes in progress; files older than a day are left by dead processes
 */
import { join } from "node:path";
import { BackendError } from "../backend.ts";
import { tableSize } from "./block-checksums.ts";

export const MARKER = ".nearbucket-disk";
export const PARTS_SUFFIX = ".parts";
export const MANIFEST = "manifest";
export const TRAILER_SIZE = 64;

const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._=-]{0,199}$/;

/**
 * The path of a key below `data/`. Throws refused unless every segment is plain: not empty, no leading dot, nothing to
 * escape.
 */
export function pathOfKey(backend: string, directory: string, key: string): string {
  for (const segment of key.split("/"))
    if (!SEGMENT.test(segment) || segment.endsWith(PARTS_SUFFIX))
      throw new BackendError(backend, "refused", { detail: `not a key for a disk: ${JSON.stringify(key)}` });
  return join(directory, "data", key);
}

export function partFile(partNumber: number): string {
  return String(partNumber).padStart(5, "0");
}

/** `size`: the number of content bytes. */
export function trailer(md5: string, size: number): Buffer {
  return Buffer.from(`${`\nnearbucket2 ${md5} ${size}`.padEnd(TRAILER_SIZE - 1)}\n`, "latin1");
}

const TRAILER = /^\nnearbucket(2?) ([0-9a-f]{32}) (\d+) *\n$/;

export interface Trailer {
  readonly etag: string;
  /** Of the content. */
  readonly size: number;
  /** Between content and trailer: the block checksums. 0 in files of the first version, which have none. */
  readonly tableSize: number;
}

/** Reads the trailer of a file of `fileSize` bytes; undefined when it is not a trailer or the file is not whole. */
export function parseTrailer(bytes: Buffer, fileSize: number): Trailer | undefined {
  const [, version, etag, digits] = TRAILER.exec(bytes.toString("latin1")) ?? [];
  if (etag === undefined) return undefined;
  const size = Number(digits);
  const table = version === "2" ? tableSize(size) : 0;
  return size + table + TRAILER_SIZE === fileSize ? { etag, size, tableSize: table } : undefined;
}

export interface Manifest {
  readonly etag: string;
  readonly size: number;
  /** In order. */
  readonly parts: readonly ManifestPart[];
}

export interface ManifestPart {
  /** A name beside the manifest. */
  readonly file: string;
  readonly size: number;
  /** That of the file's trailer. Manifests had none at first. */
  readonly etag?: string;
}

/** Undefined when the text is no manifest. */
export function parseManifest(text: string): Manifest | undefined {
  if (!text.endsWith("}\n")) return undefined;
  const value: Partial<Manifest> = JSON.parse(text);
  if (!isComplete(value)) return undefined;
  const sum = value.parts.reduce((total, part) => total + part.size, 0);
  return sum === value.size && value.parts.every((part) => /^\d{5}$/.test(part.file)) ? value : undefined;
}

function isComplete(value: Partial<Manifest>): value is Manifest {
  return typeof value.etag === "string" && typeof value.size === "number" && Array.isArray(value.parts);
}
