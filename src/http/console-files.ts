/** The files of the built console: read and compressed once, when somebody first asks, and kept in memory. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export interface ConsoleFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  /** Absent where it would not be smaller. */
  readonly zipped: Buffer | undefined;
}

/** By their paths: `index.html`, `assets/...`. */
type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

/** From src/http and from dist/http alike. */
const BUILT = join(import.meta.dirname, "../../dist/console");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

const zip = promisify(gzip);

/** Gives undefined while nothing is built, and looks again when it is next asked. */
export function consoleFiles(directory = BUILT): () => Promise<ConsoleFiles | undefined> {
  let known: Promise<ConsoleFiles | undefined> | undefined;
  return async () => {
    known ??= readBuilt(directory);
    const files = await known;
    if (files === undefined) known = undefined;
    return files;
  };
}

async function readBuilt(directory: string): Promise<ConsoleFiles | undefined> {
  const paths = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const entries = paths
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(directory.length + 1), await readOne(path)] as const;
    });
  const files = new Map(await Promise.all(entries));
  return files.has("index.html") ? files : undefined;
}

async function readOne(path: string): Promise<ConsoleFile> {
  const plain = await readFile(path);
  const zipped = await zip(plain, { level: 9 });
  return {
    type: TYPES[extname(path)] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
    plain,
    zipped: zipped.length < plain.length ? zipped : undefined,
  };
}
