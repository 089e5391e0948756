/**
 * The attributes of a bucket's objects: a JSON document a line, in byte order of key. A run writes its own lines beside
 * it as objects come to stand, page by page, and merges them in at its end; the next run does, if that one was killed.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { compareKeys } from "../metadata/key-range.ts";

interface Line {
  readonly key: string;
  readonly text: string;
}

/** Ends a page: its lines come in any order, and all of them before those of the next page. */
const PAGE_END = "";

export interface Sidecar {
  /** The lines of earlier runs for these keys, which come in byte order, also from call to call. */
  linesOf(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  add(line: string): Promise<void>;
  endPage(): Promise<void>;
  close(): Promise<void>;
}

/** `dryRun`: nothing is changed; nothing may be added. */
export async function openSidecar(file: string, dryRun: boolean): Promise<Sidecar> {
  const news = `${file}.new`;
  if (!dryRun) await mergeIn(file, news);
  const earlier = linesIn(file);
  let next: IteratorResult<Line, void> | undefined;
  let added: Promise<FileHandle> | undefined;
  const append = async (line: string) => {
    added ??= open(news, "ax");
    await (await added).appendFile(`${line}\n`);
  };
  return {
    async linesOf(keys) {
      const found = new Map<string, string>();
      for (const key of keys) {
        next ??= await earlier.next();
        while (!next.done && compareKeys(next.value.key, key) < 0) next = await earlier.next();
        if (!next.done && next.value.key === key) found.set(key, next.value.text);
      }
      return found;
    },
    add: append,
    async endPage() {
      if (added !== undefined) await append(PAGE_END);
    },
    async close() {
      await earlier.return();
      await (await added)?.close();
      if (!dryRun) await mergeIn(file, news);
    },
  };
}

/** New lines take the place of those with the same key; all others stay. */
async function mergeIn(file: string, news: string): Promise<void> {
  if (!(await isThere(news))) return;
  const merged = `${file}.merged`;
  await rm(merged, { force: true });
  const handle = await open(merged, "wx");
  try {
    let batch: string[] = [];
    for await (const { text } of merge(linesIn(file), newLines(news))) {
      batch.push(text, "\n");
      if (batch.length < 2000) continue;
      await handle.appendFile(batch.join(""));
      batch = [];
    }
    await handle.appendFile(batch.join(""));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(merged, file);
  await rm(news);
}

async function* merge(old: AsyncGenerator<Line, void>, news: AsyncGenerator<Line, void>): AsyncGenerator<Line> {
  let was = await old.next();
  for await (const line of news) {
    for (; !was.done && compareKeys(was.value.key, line.key) <= 0; was = await old.next())
      if (was.value.key !== line.key) yield was.value;
    yield line;
  }
  for (; !was.done; was = await old.next()) yield was.value;
}

/** Pages, each put in order. */
async function* newLines(file: string): AsyncGenerator<Line, void> {
  let page: Line[] = [];
  for await (const text of textsIn(file)) {
    const line = text === PAGE_END ? undefined : parsed(text);
    if (line !== undefined) page.push(line);
    if (text !== PAGE_END) continue;
    yield* inOrder(page);
    page = [];
  }
  yield* inOrder(page);
}

function inOrder(page: readonly Line[]): readonly Line[] {
  return page.toSorted((a, b) => compareKeys(a.key, b.key));
}

/** Throws on a line that is none: somebody else wrote there. */
async function* linesIn(file: string): AsyncGenerator<Line, void> {
  if (!(await isThere(file))) return;
  for await (const text of textsIn(file)) {
    const line = parsed(text);
    if (line === undefined) throw new Error(`${file} holds a line that no export wrote: move it away`);
    yield line;
  }
}

async function* textsIn(file: string): AsyncGenerator<string> {
  const input = createReadStream(file, "utf8");
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    input.destroy();
  }
}

/** Undefined: a line whose end was never written. */
function parsed(text: string): Line | undefined {
  try {
    const { key }: { readonly key: unknown } = JSON.parse(text);
    return typeof key === "string" ? { key, text } : undefined;
  } catch {
    return undefined;
  }
}

/** Throws where something else than a file is. */
async function isThere(file: string): Promise<boolean> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (found?.isFile() === false) throw new Error(`${file} is no file: nothing is written there`);
  return found !== undefined;
}
