/**
 * The state that a journal holds, put together from the newest snapshot that opens and the segments after it. Each
 * segment names the hash of the one before it, so that nothing can be missing, changed, moved or repeated unnoticed;
 * what is wrong with a file on one backend is told, and another backend's copy is tried.
 */
import { SCHEMA } from "../metadata/migrate.ts";
import type { ChangedRows, Rows } from "../metadata/tables.ts";
import type { KeyRing } from "./journal-keys.ts";
import { chunkName, type Position, snapshotFolder } from "./names.ts";
import { BadJournalFile } from "./sealed-file.ts";
import { openChunk, openSegment, openSnapshot, type Segment, type SnapshotHeader } from "./segment.ts";
import { type FoundFile, type FoundJournal, listedOn, newestOf } from "./survey.ts";

interface ReplayTarget {
  /** Forgets what it was given. */
  empty(): Promise<void>;
  add(rows: Rows): Promise<void>;
  change(changed: ChangedRows): Promise<void>;
}

export interface Replayed {
  readonly journal: string;
  /** The highest of any file: who continues takes a higher one. */
  readonly epoch: number;
  /** Of the last segment that is in the state. */
  readonly number: number;
  readonly hash: string;
  /** When that segment was written; of the snapshot, where no segment followed. */
  readonly at: Date;
  readonly schema: number;
  /** The snapshot's. */
  readonly rows: number;
  /** One line each: files that are missing or do not open, by name and backend. */
  readonly findings: readonly string[];
  /** Later segments that the state lacks, since one before them is missing or does not open. */
  readonly unused: number;
}

export interface ReplayOptions {
  readonly found: FoundJournal;
  readonly keys: KeyRing;
  readonly target: ReplayTarget;
  /** The state of then: segments written later are left out. */
  readonly until?: Date | undefined;
  readonly onProgress?: (done: { readonly rows: number; readonly segments: number }) => void;
}

/** Throws NothingToReplay, with what was found wrong, when no snapshot serves. */
export class NothingToReplay extends Error {
  override readonly name = "NothingToReplay";
  readonly findings: readonly string[];
  constructor(message: string, findings: readonly string[]) {
    super([message, ...findings].join("\n  "));
    this.findings = findings;
  }
}

/** Its rows are of tables that this program does not know. */
class NewerJournal extends Error {
  override readonly name = "NewerJournal";
  constructor({ journal, schema, at }: { readonly journal: string; readonly schema: number; readonly at: string }) {
    super(
      `this journal was written by a newer nearbucket: ${journal} has schema ${schema} since ${at} or before, this ` +
        `program knows ${SCHEMA}. Restore with the newer one, or with --at as it was before`,
    );
  }
}

/** Throws NewerJournal too. */
export async function replay(options: ReplayOptions): Promise<Replayed> {
  const findings: string[] = [];
  const { found, target } = options;
  for (const file of found.snapshots.toReversed()) {
    await target.empty();
    const snapshot = await readSnapshot(file, options, findings);
    if (snapshot === undefined) continue;
    const replayed = await readSegments(snapshot, options, findings);
    if (replayed !== undefined) return { ...replayed, findings: [...findings] };
  }
  throw new NothingToReplay(`the journal ${found.journal} has no snapshot that serves`, findings);
}

async function readSnapshot(
  file: FoundFile,
  { keys, target, until, onProgress }: ReplayOptions,
  findings: string[],
): Promise<SnapshotHeader | undefined> {
  const header = await readAny(file, findings, async (bytes) => {
    const opened = await openSnapshot(bytes, keys);
    if (!isAt(opened, file)) throw new BadJournalFile("is another snapshot's index");
    return opened;
  });
  if (header === undefined || (until !== undefined && new Date(header.at) > until)) return undefined;
  if (header.schema > SCHEMA) throw new NewerJournal(header);
  let rows = 0;
  const chunks = await chunksOf(header, file);
  const read = readAhead(chunks);
  for (const { hash, ...chunk } of chunks) {
    const open = async (bytes: Buffer) => {
      const found = await openChunk(bytes, keys);
      if (found.hash !== hash) throw new BadJournalFile("is another chunk's, or an older one");
      return found;
    };
    const opened = await readAny(chunk, findings, open, read);
    if (opened === undefined) return undefined;
    for (const page of opened.rows) {
      await target.add(page);
      rows += page.rows.length;
    }
    onProgress?.({ rows, segments: 0 });
  }
  return header;
}

/** Undefined: the segments that the snapshot needs are not all there. */
async function readSegments(
  snapshot: SnapshotHeader,
  { found, keys, target, until, onProgress }: ReplayOptions,
  findings: string[],
): Promise<Omit<Replayed, "findings"> | undefined> {
  let { number, hash } = snapshot;
  let state = { number, hash, at: new Date(snapshot.at), schema: snapshot.schema };
  let torn: ChangedRows[] = [];
  const byNumber = new Map<number, FoundFile[]>();
  for (const file of found.segments) byNumber.set(file.number, [...(byNumber.get(file.number) ?? []), file]);
  const last = found.segments.at(-1)?.number ?? 0;
  const read = readAhead(found.segments);
  let segments = 0;
  let stopped = false;
  while (!stopped) {
    // Of two writers the later one goes on from the last segment that was written, and carries what the other left.
    const candidates = (byNumber.get(number + 1) ?? []).toReversed();
    const next = await firstThatFollows(candidates, hash, { keys, findings, read });
    if (next === undefined || (until !== undefined && new Date(next.header.at) > until)) stopped = true;
    else {
      if (next.header.schema > SCHEMA) throw new NewerJournal(next.header);
      ({ number } = next.header);
      hash = next.hash;
      torn.push(...next.changed);
      if (!next.header.more) {
        for (const changed of torn) await target.change(changed);
        torn = [];
        state = { number, hash, at: new Date(next.header.at), schema: next.header.schema };
      }
      segments += 1;
      onProgress?.({ rows: snapshot.rows, segments });
      stopped = number === last;
    }
  }
  const lost = until === undefined ? found.segments.filter((file) => file.number > state.number) : [];
  if (lost.length > 0)
    findings.push(`segment ${state.number + 1} is missing or does not open: ${lost.length} not used`);
  if (state.number < snapshot.through) return undefined;
  const epoch = newestOf([...found.segments, ...found.snapshots])?.epoch ?? 0;
  return { journal: found.journal, epoch, ...state, rows: snapshot.rows, unused: lost.length };
}

interface Reading {
  readonly keys: KeyRing;
  readonly findings: string[];
  readonly read: Read;
}

async function firstThatFollows(
  candidates: readonly FoundFile[],
  previous: string,
  { keys, findings, read }: Reading,
): Promise<Segment | undefined> {
  const open = async (file: FoundFile, bytes: Buffer) => {
    const opened = await openSegment(bytes, keys);
    if (!isAt(opened.header, file)) throw new BadJournalFile("is another segment");
    if (opened.header.previous !== previous) throw new BadJournalFile("does not follow the segment before it");
    return opened;
  };
  for (const file of candidates) {
    const segment = await readAny(file, findings, (bytes) => open(file, bytes), read);
    if (segment !== undefined) return segment;
  }
  return undefined;
}

type Read = (place: FoundFile["places"][number]) => Promise<Buffer>;

const readNow: Read = ({ store, file }) => store.read(file);
/** A far backend answers one at a time slowly. */
const AHEAD = 16;

/** Begins to read what will be asked for next. */
function readAhead(files: readonly Pick<FoundFile, "places">[]): Read {
  const first = files.flatMap(({ places: [place] }) => place ?? []);
  const at = new Map(first.map((place, index) => [place, index]));
  const begun = new Map<FoundFile["places"][number], Promise<Buffer>>();
  return (place) => {
    const index = at.get(place);
    if (index === undefined) return readNow(place);
    for (const next of first.slice(index, index + AHEAD))
      if (!begun.has(next)) {
        const reading = readNow(next);
        reading.catch(() => undefined);
        begun.set(next, reading);
      }
    const reading = begun.get(place);
    begun.delete(place);
    return reading ?? readNow(place);
  };
}

/** What `open` makes of the first copy that it takes. Undefined: of none; each is a finding. */
async function readAny<T>(
  { name, places }: Pick<FoundFile, "name" | "places">,
  findings: string[],
  open: (bytes: Buffer) => Promise<T>,
  read = readNow,
): Promise<T | undefined> {
  if (places.length === 0) findings.push(`${name} is missing`);
  for (const place of places) {
    try {
      return await open(await read(place));
    } catch (error) {
      findings.push(`${name} on ${place.store.name} ${whatIsWrong(error)}`);
    }
  }
  return undefined;
}

function whatIsWrong(error: unknown): string {
  if (error instanceof BadJournalFile) return error.message;
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** What a snapshot consists of, and where that stands on the backends that have its index. */
async function chunksOf({ journal, chunks }: SnapshotHeader, file: FoundFile) {
  const stores = file.places.map(({ store }) => store);
  const files = await listedOn(stores, snapshotFolder(journal, file));
  return chunks.map((hash, chunk) => {
    const name = chunkName(journal, file, chunk);
    return { name, hash, places: files.get(name) ?? [] };
  });
}

function isAt(header: Position & { readonly journal: string }, file: FoundFile): boolean {
  return (
    header.number === file.number && header.epoch === file.epoch && file.name.startsWith(`journal/${header.journal}/`)
  );
}
