/** What stands of journals on some backends: names and sizes only. */
import type { JournalSource, StoredFile } from "./journal-store.ts";
import { type Position, PREFIX, segmentAt, snapshotAt } from "./names.ts";

interface Place {
  readonly store: JournalSource;
  readonly file: StoredFile;
}

/** One file, and who has it. */
export interface FoundFile extends Position {
  readonly name: string;
  readonly places: readonly Place[];
}

export interface FoundJournal {
  readonly journal: string;
  /** In order of number, then epoch. */
  readonly segments: readonly FoundFile[];
  /** The indexes, likewise. */
  readonly snapshots: readonly FoundFile[];
}

/** By journal. Throws BackendError when a backend cannot be listed: what it has would seem missing. */
export async function surveyJournals(stores: readonly JournalSource[]): Promise<ReadonlyMap<string, FoundJournal>> {
  const files = await listedOn(stores, PREFIX);
  const journals = new Map<string, { journal: string; segments: FoundFile[]; snapshots: FoundFile[] }>();
  const of = (journal: string) => {
    const known = journals.get(journal) ?? { journal, segments: [], snapshots: [] };
    journals.set(journal, known);
    return known;
  };
  for (const [name, places] of files) {
    const segment = segmentAt(name);
    if (segment) of(segment.journal).segments.push({ ...segment, name, places });
    const snapshot = snapshotAt(name);
    if (snapshot) of(snapshot.journal).snapshots.push({ ...snapshot, name, places });
  }
  for (const { segments, snapshots } of journals.values()) {
    segments.sort(byPosition);
    snapshots.sort(byPosition);
  }
  return journals;
}

/** Who has each file, by name, in the order of `stores`; all are asked at once. Throws BackendError. */
export async function listedOn(
  stores: readonly JournalSource[],
  prefix: string,
): Promise<ReadonlyMap<string, readonly Place[]>> {
  const files = new Map<string, Place[]>();
  const list = async (store: JournalSource) => {
    const places: Place[] = [];
    for await (const file of store.list(prefix)) places.push({ store, file });
    return places;
  };
  for (const place of (await Promise.all(stores.map(list))).flat())
    files.set(place.file.name, [...(files.get(place.file.name) ?? []), place]);
  return files;
}

/** The file that was written last, by the latest writer. Undefined: there is none. */
export function newestOf(files: readonly Position[]): Position | undefined {
  return files.reduce<Position | undefined>(
    (newest, file) =>
      newest === undefined || file.epoch > newest.epoch || (file.epoch === newest.epoch && file.number > newest.number)
        ? file
        : newest,
    undefined,
  );
}

function byPosition(a: Position, b: Position): number {
  return a.number - b.number || a.epoch - b.epoch;
}
