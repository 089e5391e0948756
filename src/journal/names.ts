/**
 * Where the files of a journal stand on a backend. A number comes before the epoch, so that a listing has the segments
 * in order.
 *
 *   journal/<journal>/segments/<number>-<epoch>
 *   journal/<journal>/snapshots/<number>-<epoch>/<chunk>, index
 *   journal/<journal>/manifest.json
 */
import { randomBytes } from "node:crypto";

export const PREFIX = "journal/";

/** A segment or a snapshot; `number` of a snapshot: of the last segment before it was begun. */
export interface Position {
  readonly number: number;
  readonly epoch: number;
}

const NUMBER_DIGITS = 12;
const EPOCH_DIGITS = 8;
const CHUNK_DIGITS = 6;

/** The name of a journal that is about to begin. */
export function newJournal(): string {
  return randomBytes(8).toString("hex");
}

function segmentsOf(journal: string): string {
  return `${PREFIX}${journal}/segments/`;
}

function snapshotsOf(journal: string): string {
  return `${PREFIX}${journal}/snapshots/`;
}

export function manifestName(journal: string): string {
  return `${PREFIX}${journal}/manifest.json`;
}

export function segmentName(journal: string, position: Position): string {
  return segmentsOf(journal) + positionText(position);
}

/** The prefix of all of a snapshot. */
export function snapshotFolder(journal: string, position: Position): string {
  return `${snapshotsOf(journal)}${positionText(position)}/`;
}

export function chunkName(journal: string, position: Position, chunk: number): string {
  return snapshotFolder(journal, position) + String(chunk).padStart(CHUNK_DIGITS, "0");
}

export function indexName(journal: string, position: Position): string {
  return `${snapshotFolder(journal, position)}index`;
}

const SEGMENT = /^journal\/([A-Za-z0-9]+)\/segments\/(\d{12})-(\d{8})$/;
const CHUNK = /^journal\/([A-Za-z0-9]+)\/snapshots\/(\d{12})-(\d{8})\/\d{6}$/;
const INDEX = /^journal\/([A-Za-z0-9]+)\/snapshots\/(\d{12})-(\d{8})\/index$/;

/** Undefined: the name of another file. */
export function segmentAt(name: string): (Position & { readonly journal: string }) | undefined {
  return positionIn(SEGMENT.exec(name));
}

/** The snapshot that a chunk belongs to. Undefined: the name of another file. */
export function chunkAt(name: string): (Position & { readonly journal: string }) | undefined {
  return positionIn(CHUNK.exec(name));
}

/** Undefined: the name of another file. */
export function snapshotAt(name: string): (Position & { readonly journal: string }) | undefined {
  return positionIn(INDEX.exec(name));
}

function positionIn(match: RegExpExecArray | null): (Position & { readonly journal: string }) | undefined {
  const [, journal, number, epoch] = match ?? [];
  return journal === undefined ? undefined : { journal, number: Number(number), epoch: Number(epoch) };
}

function positionText({ number, epoch }: Position): string {
  return `${String(number).padStart(NUMBER_DIGITS, "0")}-${String(epoch).padStart(EPOCH_DIGITS, "0")}`;
}
