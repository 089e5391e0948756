/**
 * Keeps the journal's files in order on the backends: each gets what it lacks from another, and what no snapshot that
 * is kept needs is deleted. What others took while one of them was away is brought home.
 */
import { onlyBackendError } from "../backends/backend.ts";
import type { KeyRing } from "./journal-keys.ts";
import type { JournalStore, StoredFile } from "./journal-store.ts";
import { chunkAt, manifestName, type Position, PREFIX, segmentAt, snapshotAt } from "./names.ts";
import { openSnapshot } from "./segment.ts";

export interface TendOptions {
  readonly journal: string;
  /** Those that should each have all of it; all are up. */
  readonly stores: readonly JournalStore[];
  /** Those that should have nothing of it, and may have what the others lack. */
  readonly others?: readonly JournalStore[];
  /** From those, what the stores have by then is deleted. */
  readonly clearsOthers?: boolean;
  readonly keys: KeyRing;
  /** The state of any time since then can be restored. */
  readonly keepSince: Date;
}

export interface Tended {
  /** Files that a backend lacked and got. */
  readonly copied: number;
  readonly deleted: number;
  /** Of what is kept, once. */
  readonly bytes: number;
}

interface Kept {
  readonly oldest: Position;
  readonly newest: Position;
}

/** Of more, a backend's listing would take long: earlier times cannot be restored then. */
const MOST_SEGMENTS = 100_000;
/** Even where they are older than what is kept: one may turn out not to open. */
const LEAST_SNAPSHOTS = 2;

type Places = ReadonlyMap<JournalStore, StoredFile>;

/** Throws BackendError, and BadJournalFile when a snapshot does not open: then nothing is deleted. */
export async function tend(options: TendOptions): Promise<Tended> {
  const { journal, stores, others = [], keys, keepSince } = options;
  const cleared = options.clearsOthers ? others : [];
  const files = new Map<string, Map<JournalStore, StoredFile>>();
  const look = async (store: JournalStore) => {
    const found: StoredFile[] = [];
    for await (const file of store.list(`${PREFIX}${journal}/`)) found.push(file);
    for (const file of found)
      files.set(file.name, (files.get(file.name) ?? new Map<JournalStore, StoredFile>()).set(store, file));
  };
  for (const store of stores) await look(store);
  // What one of these has can wait until it answers.
  for (const store of others) await look(store).catch(onlyBackendError);
  const kept = await keptSnapshots(files, keys, keepSince);
  const whole = new Set([...files.keys()].flatMap((name) => idOf(snapshotAt(name)) ?? []));
  let copied = 0;
  let deleted = 0;
  let bytes = 0;
  for (const [name, places] of files) {
    const needed = isNeeded(name, whole, kept);
    if (needed === true) copied += await complete(name, places, stores);
    if (needed === true || (name === manifestName(journal) && stores.every((store) => places.has(store))))
      for (const store of cleared) if (places.has(store)) await store.delete(name);
    if (needed !== false) {
      bytes += Math.max(...[...places.values()].map(({ size }) => size));
      continue;
    }
    for (const store of places.keys()) await store.delete(name);
    deleted += places.size;
  }
  return { copied, deleted, bytes };
}

async function complete(name: string, places: Places, stores: readonly JournalStore[]): Promise<number> {
  const lacking = stores.filter((store) => !places.has(store));
  const [source] = places;
  if (lacking.length === 0 || source === undefined) return 0;
  const [store, file] = source;
  const bytes = await store.read(file);
  for (const other of lacking) await other.put(name, bytes);
  return lacking.length;
}

/** The snapshots that are kept: all since the last one before `keepSince`. Undefined: there is none. */
async function keptSnapshots(
  files: ReadonlyMap<string, Places>,
  keys: KeyRing,
  keepSince: Date,
): Promise<Kept | undefined> {
  const snapshots: (Position & { readonly at: Date })[] = [];
  for (const [name, places] of files) {
    const position = snapshotAt(name);
    const [place] = places;
    if (position === undefined || place === undefined) continue;
    const [store, file] = place;
    snapshots.push({ ...position, at: new Date((await openSnapshot(await store.read(file), keys)).at) });
  }
  snapshots.sort((a, b) => a.number - b.number || a.epoch - b.epoch);
  const newest = snapshots.at(-1);
  if (newest === undefined) return undefined;
  let last = newest.number;
  for (const name of files.keys()) last = Math.max(last, segmentAt(name)?.number ?? 0);
  const isOld = ({ at, number }: Position & { readonly at: Date }) => at <= keepSince || last - number > MOST_SEGMENTS;
  const before = snapshots.findLastIndex(isOld);
  const oldest = snapshots[Math.max(0, Math.min(before, snapshots.length - LEAST_SNAPSHOTS))] ?? newest;
  return { oldest, newest };
}

/** Undefined: nobody can tell. */
function isNeeded(name: string, whole: ReadonlySet<string>, kept: Kept | undefined): boolean | undefined {
  const segment = segmentAt(name);
  if (segment) return kept === undefined || segment.number > kept.oldest.number;
  const part = snapshotAt(name) ?? chunkAt(name);
  if (part === undefined) return undefined;
  // One that was never finished has no index: it may still be under way, unless a later one was finished.
  if (!whole.has(idOf(part))) return kept !== undefined && part.number < kept.newest.number ? false : undefined;
  return kept === undefined || part.number >= kept.oldest.number;
}

function idOf(position: Position): string;
function idOf(position: Position | undefined): string | undefined;
function idOf(position: Position | undefined): string | undefined {
  return position && `${position.number}-${position.epoch}`;
}
