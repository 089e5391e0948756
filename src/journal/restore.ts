/**
 * Rebuilds a lost database from the journals that stand on some backends. The database goes on in a journal of its own,
 * in a later epoch: one that is still somewhere finds that, and deletes nothing.
 */
import { onlyBackendError } from "../backends/backend.ts";
import type { Journal } from "../metadata/journal.ts";
import type { Staging } from "../metadata/sqlite/staging.ts";
import type { KeyRing } from "./journal-keys.ts";
import type { JournalSource } from "./journal-store.ts";
import { openManifest } from "./manifest.ts";
import { manifestName, newJournal, PREFIX } from "./names.ts";
import { type Replayed, type ReplayOptions, replay } from "./replay.ts";
import { openSnapshot } from "./segment.ts";
import { type FoundJournal, newestOf, surveyJournals } from "./survey.ts";

export interface RestoreOptions extends Pick<ReplayOptions, "until" | "onProgress"> {
  readonly sources: readonly JournalSource[];
  readonly keys: KeyRing;
  /** Empty; what is restored stands there in the end. */
  readonly staging: Staging;
  /** Default: the one that was written last. */
  readonly journal?: string | undefined;
}

export interface Restored extends Replayed {
  /** Of all journals there. */
  readonly highestEpoch: number;
  /** Further journals that stand there. */
  readonly others: readonly string[];
}

const ROWS_IN_PAGE = 5_000;

/** Throws an Error in words for an operator when there is nothing to restore, and NothingToReplay. */
export async function readJournal(options: RestoreOptions): Promise<Restored> {
  const { keys, staging, until, onProgress } = options;
  const { sources, away } = await listable(options.sources);
  const journals = await surveyJournals(sources);
  const found = await chosen(journals, { ...options, sources });
  const replayed = await replay({ found, keys, target: staging, until, ...(onProgress && { onProgress }) });
  const beyond = until === undefined ? await missingAtEnd(replayed, { ...options, sources }) : [];
  return {
    ...replayed,
    findings: [...away, ...replayed.findings, ...beyond.map(({ finding }) => finding)],
    unused: Math.max(replayed.unused, ...beyond.map(({ segments }) => segments)),
    highestEpoch: highestEpoch(journals),
    others: [...journals.keys()].filter((name) => name !== found.journal),
  };
}

/** A backend that is away keeps nobody from what others have. Throws when all are. */
async function listable(all: readonly JournalSource[]) {
  const sources: JournalSource[] = [];
  const away: string[] = [];
  for (const source of all) {
    try {
      for await (const _ of source.list(PREFIX)) break;
      sources.push(source);
    } catch (error) {
      away.push(`${source.name} cannot be listed: ${onlyBackendError(error).message}`);
    }
  }
  if (sources.length === 0) throw new Error(away.join("\n  "));
  return { sources, away };
}

/** What manifests say was written after the last segment that is in the state. */
async function missingAtEnd(
  { journal, number }: Replayed,
  { sources, keys }: RestoreOptions,
): Promise<readonly { readonly finding: string; readonly segments: number }[]> {
  const found: { finding: string; segments: number }[] = [];
  for (const source of sources)
    try {
      for await (const file of source.list(manifestName(journal))) {
        const last = openManifest(await source.read(file), journal, keys)?.segment ?? 0;
        const finding = `segments ${number + 1} to ${last} are missing: the manifest on ${source.name} names them`;
        if (last > number) found.push({ finding, segments: last - number });
      }
    } catch (error) {
      // The state is whole without it.
      const { message } = onlyBackendError(error);
      found.push({ finding: `the manifest on ${source.name} cannot be read: ${message}`, segments: 0 });
    }
  return found;
}

/** Fills an empty database with what is staged, and begins its journal. Throws when the database is not empty. */
export async function fillRestored(
  database: Journal,
  staging: Staging,
  { highestEpoch, journal }: Pick<Restored, "highestEpoch" | "journal">,
): Promise<void> {
  await database.fill(() => staging.rows(ROWS_IN_PAGE));
  await database.begin(newJournal(), highestEpoch, journal);
}

/**
 * Has a database that is older than what backends hold go on from where it is. False: it was not older.
 */
export async function acceptOlder(database: Journal, sources: readonly JournalSource[]): Promise<boolean> {
  const head = await database.head();
  const epoch = highestEpoch(await surveyJournals(sources));
  if (head === undefined) throw new Error("this database has no journal: its configuration says journal.mode: off");
  await database.begin(newJournal(), Math.max(epoch, head.epoch), head.journal);
  return epoch > head.epoch;
}

function highestEpoch(journals: ReadonlyMap<string, FoundJournal>): number {
  const files = [...journals.values()].flatMap(({ segments, snapshots }) => [...segments, ...snapshots]);
  return newestOf(files)?.epoch ?? 0;
}

async function chosen(
  journals: ReadonlyMap<string, FoundJournal>,
  { journal, sources, keys, until }: RestoreOptions,
): Promise<FoundJournal> {
  const where = sources.map(({ name }) => name).join(", ");
  if (journals.size === 0) throw new Error(`there is no journal on ${where}`);
  if (journal !== undefined) {
    const named = journals.get(journal);
    if (named === undefined)
      throw new Error(`there is no journal ${journal} on ${where}, only ${[...journals.keys()].join(", ")}`);
    return named;
  }
  // One that has no snapshot had hardly begun: what was acknowledged stands in the one before it.
  const begun = [...journals.values()].filter(({ snapshots }) => snapshots.length > 0);
  const [latest, ...earlier] = begun.sort((a, b) => epochOf(b) - epochOf(a));
  if (latest === undefined) throw new Error(`no journal on ${where} has a snapshot`);
  if (until === undefined) return latest;
  // A journal that began later knows nothing of that time.
  for (const found of [latest, ...earlier]) if ((await beganAt(found, keys)) <= until) return found;
  return latest;
}

function epochOf({ segments, snapshots }: FoundJournal): number {
  return newestOf([...segments, ...snapshots])?.epoch ?? 0;
}

/** When its oldest snapshot was made; never, where none opens. */
async function beganAt({ snapshots }: FoundJournal, keys: KeyRing): Promise<Date> {
  for (const { places } of snapshots)
    for (const { store, file } of places) {
      const header = await openSnapshot(await store.read(file), keys).catch(() => undefined);
      if (header !== undefined) return new Date(header.at);
    }
  return new Date(Number.MAX_SAFE_INTEGER);
}
