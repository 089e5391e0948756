/**
 * Objects as files of a directory. Each is written under a name of no object, made durable, and only then given its
 * own. What stands there is known by the sidecar's line, size and time; without a line its bytes are read and held
 * against the blob.
 */
import { createHash, randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, rename, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "../backends/disk/files.ts";
import { checkBytes } from "../blobs/read/bytes-check.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Digest, FoundObject } from "../model.ts";
import { attributeLine, sha256In } from "./attribute-line.ts";
import { fileName, keyOf } from "./file-name.ts";
import { makeReal, realFolders } from "./real-folders.ts";
import { openSidecar, type Sidecar } from "./sidecar.ts";
import type { Source } from "./source.ts";
import { type BucketTarget, type Target, TargetFull } from "./target.ts";

export interface DirectoryOptions {
  readonly directory: string;
  /** On the same file system, for files that are being written. No bucket has its name. */
  readonly workDirectory: string;
  readonly metadata: Pick<Metadata, "objects">;
  readonly dryRun: boolean;
}

export function directoryTarget({ directory, workDirectory, metadata, dryRun }: DirectoryOptions): Target {
  return {
    async open({ id, name }) {
      const folder = join(directory, name);
      if (!dryRun) await makeReal(folder);
      const sidecar = await openSidecar(sidecarOf(folder), dryRun);
      const hasBelow = async (key: string) => {
        const page = { prefix: `${key}/`, delimiter: undefined, after: undefined, limit: 1 };
        return (await metadata.objects.list(id, page)).entries.length > 0;
      };
      return bucketFolder({ folder, workDirectory, sidecar, hasBelow, dryRun });
    },
  };
}

function sidecarOf(folder: string): string {
  return `${folder}.attributes.jsonl`;
}

interface Parts {
  readonly folder: string;
  readonly workDirectory: string;
  readonly sidecar: Sidecar;
  /** Are there keys to which this one is a folder? */
  readonly hasBelow: (key: string) => Promise<boolean>;
  readonly dryRun: boolean;
}

function bucketFolder({ folder, workDirectory, sidecar, hasBelow, dryRun }: Parts): BucketTarget {
  const folders = realFolders(folder);
  let lines: ReadonlyMap<string, string> = new Map();
  const fileOf = async (key: string) => {
    const plain = fileName(key, false);
    // What made it a folder may be deleted by now: the folder is still there.
    const isFolder = (await hasBelow(key)) || (await look(join(folder, plain)))?.isDirectory() === true;
    const file = isFolder ? fileName(key, true) : plain;
    if (keyOf(file) !== key) throw new Error(`the key has no name as a file: ${file}`);
    return file;
  };
  return {
    async begin(page) {
      lines = await sidecar.linesOf(page.map(({ key }) => key));
    },
    end: () => sidecar.endPage(),
    async has(found) {
      const { key, size, modifiedAt } = found.object;
      const file = await fileOf(key);
      const path = join(folder, file);
      const there = await look(path);
      if (!there?.isFile() || there.size !== size || !(await isBelow(folder, file))) return false;
      const line = lines.get(key);
      const known = found.blob.digest ?? sha256In(line);
      const isSame = known !== undefined && line === attributeLine(found, file, known);
      if (isSame && Math.round(there.mtimeMs) === modifiedAt.getTime()) return true;
      const sha256 = await sha256Of(path, found);
      if (sha256 === undefined) return false;
      if (dryRun) return true;
      await utimes(path, modifiedAt, modifiedAt);
      await sidecar.add(attributeLine(found, file, sha256));
      return true;
    },
    async write(found, openBytes) {
      const { key, modifiedAt } = found.object;
      const file = await fileOf(key);
      const temporary = join(workDirectory, randomUUID());
      try {
        await folders.make(file.split("/").slice(0, -1));
        const sha256 = await writeFile(temporary, openBytes(), modifiedAt);
        await rename(temporary, join(folder, file));
        // Written before there were keys to which it is a folder, it stands in their way.
        if (file !== fileName(key, false)) await removeFile(join(folder, fileName(key, false)));
        await sidecar.add(attributeLine(found, file, sha256));
      } catch (error) {
        await rm(temporary, { force: true });
        throw isFull(error) ? new TargetFull("there is no room left", { cause: error }) : error;
      }
    },
    close: () => sidecar.close(),
  };
}

async function writeFile(path: string, source: Source, modifiedAt: Date): Promise<Digest> {
  const sha256 = createHash("sha256");
  const handle = await open(path, "wx");
  try {
    for await (const chunk of source.read()) {
      sha256.update(chunk);
      await writeAll(handle, chunk);
    }
    await handle.utimes(modifiedAt, modifiedAt);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return sha256.digest("hex");
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
}

/** Undefined: it is not the blob. A link is not followed. */
async function sha256Of(path: string, { blob }: FoundObject): Promise<Digest | undefined> {
  const check = checkBytes(blob);
  const sha256 = createHash("sha256");
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  for await (const chunk of handle.createReadStream()) {
    check.add(chunk);
    sha256.update(chunk);
  }
  return check.fits() ? sha256.digest("hex") : undefined;
}

/** Does no link lead to it? */
async function isBelow(folder: string, file: string): Promise<boolean> {
  for (let path = dirname(file); path !== "."; path = dirname(path))
    if (!(await look(join(folder, path)))?.isDirectory()) return false;
  return true;
}

/** Itself, not where it links to; undefined: it is not there. */
async function look(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  if ((await look(path))?.isFile()) await rm(path);
}

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EROFS"].includes(codeOf(error) ?? "");
}
