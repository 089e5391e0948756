/**
 * Writes the journal: what changed since the last segment becomes the next one, on two backends. One process writes, in
 * an epoch of its own; a segment that could not be written is tried again with the same bytes, so that a name never
 * stands for two contents.
 */
import { randomBytes } from "node:crypto";
import { reasonOf } from "../log.ts";
import { type Collected, type Journal, JournalEnded, type JournalHead, JournalTaken } from "../metadata/journal.ts";
import { inTurn } from "./in-turn.ts";
import type { KeyRing } from "./journal-keys.ts";
import type { JournalStore } from "./journal-store.ts";
import { type Position, segmentName } from "./names.ts";
import { putOnSome } from "./put-on-some.ts";
import type { SealedFile } from "./sealed-file.ts";
import { sealSegment } from "./segment.ts";
import { type FoundJournal, newestOf, surveyJournals } from "./survey.ts";

export interface JournalWriterOptions {
  readonly journal: Journal;
  /** Those that take files, in the order in which they are preferred. */
  readonly stores: () => readonly JournalStore[];
  /** Those that can be listed, and how many cannot: what may have newer segments. */
  readonly listed: () => { readonly stores: readonly JournalStore[]; readonly away: number };
  /** How many of them get each segment. */
  readonly copies: number;
  /** With fewer it is not written. */
  readonly fewest: number;
  /** The newest first: a new one seals from the next segment on. */
  readonly keys: () => Promise<KeyRing>;
  readonly schema: number;
  readonly now: () => Date;
}

export interface JournalState {
  /** Undefined: this process does not write it. */
  readonly head: JournalHead | undefined;
  /** When the last segment was written, by this process. */
  readonly writtenAt: Date | undefined;
  /** The backends that have it. */
  readonly writtenTo: readonly string[];
  /** Why the last try failed; undefined: it did not. */
  readonly reason: string | undefined;
  /** The backends were found to have segments that this database has not written: it is older than they are. */
  readonly older: LaterFile | undefined;
  /** They were looked at for that. */
  readonly checked: boolean;
}

interface LaterFile extends Position {
  readonly journal: string;
}

export interface JournalWriter {
  state(): JournalState;
  /**
   * Writes all that has changed until the call. Throws when it cannot, or may not: another process writes, or the
   * database is older than what the backends have.
   */
  write(): Promise<void>;
  /** Keeps others from writing while there is nothing to write; to be called every few seconds. */
  renew(): Promise<void>;
  /** Waits for what is under way, and lets others write. */
  close(): Promise<void>;
}

/** So that a segment is a few megabytes at most. */
const CHANGES_IN_SEGMENT = 5_000;
const LEASE_MS = 15_000;

interface Underway {
  readonly collected: Collected;
  readonly file: SealedFile;
}

class CannotWriteJournal extends Error {
  override readonly name: string = "CannotWriteJournal";
}

/** No fault: another process does it. */
export class WrittenElsewhere extends CannotWriteJournal {
  override readonly name = "WrittenElsewhere";
}

export function openJournalWriter(options: JournalWriterOptions): JournalWriter {
  const { journal, stores, keys, schema, now } = options;
  const writer = randomBytes(8).toString("hex");
  let head: JournalHead | undefined;
  let state: Omit<JournalState, "head"> = {
    ...{ writtenAt: undefined, writtenTo: [], reason: undefined, older: undefined, checked: false },
  };
  let heldAt = 0;
  let underway: Underway | undefined;
  /** The head of the database when that was found to be older. */
  let olderHead: JournalHead | undefined;

  const headThere = async (): Promise<JournalHead> => {
    const found = await journal.head();
    if (found === undefined) throw new JournalEnded();
    return found;
  };

  /** Begins a new epoch, unless the database is older than what stands on the backends. */
  const take = async (): Promise<JournalHead> => {
    const before = await headThere();
    const isFirst = !state.checked;
    if (!isFirst && (await journal.isHeldByOther(writer, isFirst)))
      throw new WrittenElsewhere("another gateway writes it");
    // A listing tells nothing new until an operator has the database go on, which begins another journal.
    if (olderHead?.journal === before.journal && olderHead.epoch === before.epoch) throw olderThan(state.older);
    const { stores: listed, away } = options.listed();
    // Segments stand on two backends: one that is away has none of its own.
    if (listed.length === 0 || away > 1) throw new CannotWriteJournal(`${away} backends are away that may have it`);
    const journals = await surveyJournals(listed);
    // Read after the listing: what another gateway writes meanwhile was begun in the database before it stood there.
    const found = await headThere();
    const older = laterThan(found, journals);
    state = { ...state, older, checked: true };
    olderHead = older && found;
    if (older) throw olderThan(older);
    const taken = await journal.take(writer, LEASE_MS, isFirst);
    if (taken === undefined) throw new WrittenElsewhere("another gateway writes it");
    return taken;
  };

  const next = async (current: JournalHead): Promise<Underway | undefined> => {
    const collected = await journal.collect(current, CHANGES_IN_SEGMENT);
    if (collected === undefined) return undefined;
    const { head, number, changed, more } = collected;
    const { journal: line, epoch, hash: previous } = head;
    const at = now().toISOString();
    const header = { kind: "segment", journal: line, epoch, number, previous, at, schema, more } as const;
    return { collected, file: await sealSegment(header, changed, await keys()) };
  };

  /** Also so that another gateway does not begin an epoch while there is nothing to write. */
  const hold = async (): Promise<JournalHead> => {
    const before = head;
    if (head !== undefined) {
      if (now().getTime() - heldAt < LEASE_MS / 2) return head;
      head = await journal.take(writer, LEASE_MS);
    }
    head ??= await take();
    heldAt = now().getTime();
    // What was sealed in an earlier epoch, or for another journal, says so, and is no file of this one.
    if (head.journal !== before?.journal || head.epoch !== before.epoch) underway = undefined;
    return head;
  };

  const writeOne = async (current: JournalHead, { collected, file }: Underway): Promise<JournalHead> => {
    const { number } = collected;
    const name = segmentName(current.journal, { number, epoch: current.epoch });
    const writtenTo = await putOnSome(stores(), options, name, file.bytes);
    await journal.settle(collected, file.hash, LEASE_MS);
    underway = undefined;
    heldAt = now().getTime();
    state = { ...state, writtenAt: now(), writtenTo };
    return { ...current, written: number, started: number, hash: file.hash };
  };

  const writeAll = async () => {
    let current = await hold();
    if (underway !== undefined) head = current = await writeOne(current, underway);
    for (let more = true; more; ) {
      underway = await next(current);
      more = underway?.collected.more ?? false;
      if (underway !== undefined) head = current = await writeOne(current, underway);
    }
  };

  const attempt = async () => {
    try {
      await writeAll();
      state = { ...state, reason: undefined };
    } catch (error) {
      const reason = error instanceof WrittenElsewhere ? undefined : (reasonOf(error) ?? String(error));
      state = { ...state, reason };
      if (error instanceof JournalTaken || error instanceof JournalEnded) {
        head = undefined;
        underway = undefined;
      }
      throw error;
    }
  };

  const write = inTurn(attempt);
  return {
    state: () => ({ ...state, head }),
    write,
    async renew() {
      if (head !== undefined && now().getTime() - heldAt >= LEASE_MS / 3) await journal.take(writer, LEASE_MS);
    },
    async close() {
      await write.idle();
      await journal.release(writer);
    },
  };
}

function olderThan(file: LaterFile | undefined): CannotWriteJournal {
  return new CannotWriteJournal(
    `the database is older than what backends hold: segment ${file?.number} of journal ${file?.journal}`,
  );
}

/**
 * What was written by a later epoch of any journal, or after the last that this one began: a number that was begun may
 * stand there, where a process ended before it knew.
 */
function laterThan(
  { journal, epoch, started }: JournalHead,
  found: ReadonlyMap<string, FoundJournal>,
): LaterFile | undefined {
  for (const { journal: line, segments, snapshots } of found.values()) {
    const newest = newestOf([...segments, ...snapshots]);
    if (newest === undefined) continue;
    const isNext = line === journal && newest.epoch === epoch && newest.number > started;
    if (newest.epoch > epoch || isNext) return { ...newest, journal: line };
  }
  return undefined;
}
