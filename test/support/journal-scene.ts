/** A journal of a database on memory backends, and what can be put together from it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BackendError } from "../../src/backends/backend.ts";
import { GuardedBackend } from "../../src/backends/guarded-backend.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { Uptime } from "../../src/backends/uptime.ts";
import { journalKeys, type KeyRing } from "../../src/journal/journal-keys.ts";
import { type JournalStore, journalStore } from "../../src/journal/journal-store.ts";
import { type Replayed, replay } from "../../src/journal/replay.ts";
import { writeSnapshot } from "../../src/journal/snapshot.ts";
import { surveyJournals } from "../../src/journal/survey.ts";
import { type JournalWriter, openJournalWriter } from "../../src/journal/writer.ts";
import type { Metadata } from "../../src/metadata/metadata.ts";
import { openStaging, type Staging } from "../../src/metadata/sqlite/staging.ts";
import { type Rows, TABLES } from "../../src/metadata/tables.ts";
import { unwatchedCalls } from "./calls.ts";

export const KEYS: KeyRing = journalKeys(["an encryption key for tests"]);
const OLDER_SCHEMA = 10;

/** A store whose calls fail while it is down. */
export interface FailingStore extends JournalStore {
  down: boolean;
  readonly puts: { readonly name: string; readonly bytes: Buffer }[];
}

export function failingStore(name: string): FailingStore {
  const uptime = new Uptime();
  const backend = new MemoryBackend({ name, region: name });
  const store = journalStore(new GuardedBackend(backend, () => uptime, unwatchedCalls()));
  const up = () => {
    if (made.down) throw new BackendError(name, "unavailable");
  };
  const made: FailingStore = {
    ...store,
    down: false,
    puts: [],
    async put(file, bytes) {
      made.puts.push({ name: file, bytes });
      up();
      await store.put(file, bytes);
    },
    async read(file) {
      up();
      return store.read(file);
    },
    async *list(prefix) {
      up();
      yield* store.list(prefix);
    },
  };
  return made;
}

export interface JournalScene {
  readonly writer: JournalWriter;
  snapshot(): Promise<void>;
}

interface SceneOptions {
  readonly stores: readonly JournalStore[];
  readonly now: () => Date;
  readonly keys?: KeyRing;
  readonly fewest?: number;
  /** Further backends, which cannot be listed. Default 1. */
  readonly away?: number;
  readonly schema?: number;
}

export function writeJournal(
  { journal }: Metadata,
  { stores, now, keys = KEYS, fewest = 2, away = 1, schema = OLDER_SCHEMA }: SceneOptions,
): JournalScene {
  const copies = { copies: 2, fewest };
  const common = { journal, stores: () => stores, schema, now, ...copies };
  const listed = () => ({ stores: stores.filter((store) => !("down" in store) || store.down !== true), away });
  const writer = openJournalWriter({ ...common, listed, keys: async () => keys });
  const headNow = async () => {
    await writer.write();
    const { head } = writer.state();
    if (head === undefined) throw new Error("another one writes the journal");
    return head;
  };
  const snapshot = async () => {
    await writeSnapshot({ ...common, keys, head: await headNow(), writeOn: headNow });
  };
  return { writer, snapshot };
}

/** A journal that begins with a snapshot of what there is. */
export async function beginJournal(metadata: Metadata, options: SceneOptions): Promise<JournalScene> {
  await metadata.journal.begin("line", 0);
  const scene = writeJournal(metadata, options);
  await scene.snapshot();
  return scene;
}

/** Another file each time: what was staged is gone. */
export async function stage(): Promise<Staging> {
  const directory = await mkdtemp(join(tmpdir(), "staging-"));
  const staging = await openStaging(join(directory, "staging.db"));
  const dispose = async () => {
    await staging[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  };
  return { ...staging, [Symbol.asyncDispose]: dispose };
}

/** What the stores hold of the journal "line", put together. */
export async function replayed(
  stores: readonly JournalStore[],
  { keys = KEYS, until }: { readonly keys?: KeyRing; readonly until?: Date } = {},
): Promise<Replayed & { readonly tables: CarriedTables }> {
  await using staging = await stage();
  const found = (await surveyJournals(stores)).get("line");
  if (found === undefined) throw new Error("there is no journal");
  const state = await replay({ found, keys, target: staging, until });
  return { ...state, tables: await tablesOf(staging.rows(100)) };
}

/** What is not carried by itself: it is as old as the last change of its row. */
const LEFT_BEHIND = new Set([
  ...["seen_at", "last_used_at", "verified_at", "scrubbed_at", "completing_until", "completing_epoch"],
  ...["lease_until", "run_at", "epoch", "attempts", "again_at", "reason", "urgent"],
]);

export type CarriedTables = Readonly<Record<string, readonly unknown[]>>;

/** Rows by table, as objects. */
export async function tablesOf(pages: AsyncIterable<Rows>): Promise<CarriedTables> {
  const tables: Record<string, unknown[]> = Object.fromEntries(TABLES.map(({ name }) => [name, []]));
  for await (const { table, columns, rows } of pages)
    for (const row of rows) {
      const fields = columns.map((column, at) => [column, row[at]] as const);
      const carried = fields.filter(([column]) => !LEFT_BEHIND.has(column));
      tables[table]?.push(Object.fromEntries(carried.sort(([a], [b]) => (a < b ? -1 : 1))));
    }
  return tables;
}
