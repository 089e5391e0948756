/**
 * Writes a snapshot: all rows, read page by page while others write, in chunks. It begins after a segment that is
 * written and is whole with the segments up to one that is written when all is read. Its index comes last.
 */
import type { Journal, JournalHead } from "../metadata/journal.ts";
import type { KeyRing } from "./journal-keys.ts";
import type { JournalStore } from "./journal-store.ts";
import { chunkName, indexName } from "./names.ts";
import { type Copies, putOnSome } from "./put-on-some.ts";
import { BadJournalFile } from "./sealed-file.ts";
import { openSnapshot, type SnapshotHeader, sealChunk, sealSnapshot } from "./segment.ts";
import { surveyJournals } from "./survey.ts";

/** Few enough where each has the list of its ten thousand parts. */
const ROWS_IN_PAGE = 1_000;
/** As JSON: less than a megabyte when it is compressed. */
const CHUNK_LENGTH = 8 * 1024 ** 2;

export interface SnapshotOptions extends Copies {
  readonly journal: Journal;
  /** As it stands: this process writes the journal. */
  readonly head: JournalHead;
  readonly stores: () => readonly JournalStore[];
  readonly keys: KeyRing;
  readonly schema: number;
  readonly now: () => Date;
  /** Writes what changed until the call, and resolves with the head then. Throws when another epoch has begun. */
  readonly writeOn: () => Promise<JournalHead>;
}

/** Throws BackendError when too few backends take a chunk; what was written is left for the next retention. */
export async function writeSnapshot(options: SnapshotOptions): Promise<SnapshotHeader> {
  const { journal, head, stores, keys, schema, now, writeOn } = options;
  const position = { number: head.written, epoch: head.epoch };
  const hashes: string[] = [];
  let rows = 0;
  const writeChunk = async (pages: readonly string[]) => {
    const chunk = hashes.length;
    const file = await sealChunk({ kind: "chunk", journal: head.journal, ...position, chunk, schema }, pages, keys);
    await putOnSome(stores(), options, chunkName(head.journal, position, chunk), file.bytes);
    hashes.push(file.hash);
  };
  let pages: string[] = [];
  let length = 0;
  for await (const page of journal.rows(ROWS_IN_PAGE)) {
    const text = JSON.stringify(page);
    pages.push(text);
    length += text.length;
    rows += page.rows.length;
    if (length < CHUNK_LENGTH) continue;
    await writeChunk(pages);
    pages = [];
    length = 0;
  }
  if (pages.length > 0) await writeChunk(pages);
  const { journal: line, written: through } = await writeOn();
  if (line !== head.journal) throw new Error("another journal has begun");
  const header = { kind: "snapshot", journal: head.journal, ...position, hash: head.hash, through, schema } as const;
  const whole = { ...header, at: now().toISOString(), rows, chunks: hashes };
  const index = await sealSnapshot(whole, keys);
  await putOnSome(stores(), options, indexName(head.journal, position), index.bytes);
  return whole;
}

/** Undefined: there is none that opens. Throws BackendError when one that may open cannot be read. */
export async function newestSnapshot(
  journal: string,
  stores: readonly JournalStore[],
  keys: KeyRing,
): Promise<SnapshotHeader | undefined> {
  const snapshots = (await surveyJournals(stores)).get(journal)?.snapshots ?? [];
  let unread: unknown;
  for (const { places } of snapshots.toReversed())
    for (const { store, file } of places)
      try {
        return await openSnapshot(await store.read(file), keys);
      } catch (error) {
        // Of one that does not open, as of none, another is made; one that cannot be read now may be read later.
        if (!(error instanceof BadJournalFile)) unread = error;
      }
  if (unread !== undefined) throw unread;
  return undefined;
}
