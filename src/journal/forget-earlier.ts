/**
 * Deletes the files of the journals that the present one continues, from a backend that has its manifest, once nobody
 * may want to go back to them. A backend may have journals of other gateways: only an authentic manifest says which are
 * this one's, and what it does not name stays for ever.
 */
import type { KeyRing } from "./journal-keys.ts";
import type { JournalStore, StoredFile } from "./journal-store.ts";
import { openManifest } from "./manifest.ts";
import { chunkAt, manifestName, PREFIX, segmentAt, snapshotAt } from "./names.ts";

export interface ForgetOptions {
  readonly journal: string;
  /** The present one's: a file of a later writer, or of as late a one, keeps its journal. */
  readonly epoch: number;
  readonly store: JournalStore;
  readonly keys: KeyRing;
  /** A journal with a newer file stays. */
  readonly keepSince: Date;
}

/** Resolves with how many files were deleted. Throws BackendError. */
export async function forgetEarlier({ journal, epoch, store, keys, keepSince }: ForgetOptions): Promise<number> {
  const seen = new Set([journal]);
  for (let current = journal; ; ) {
    const earlier = await continuedBy(current, store, keys);
    if (earlier === undefined || seen.has(earlier)) break;
    seen.add(earlier);
    current = earlier;
  }
  let deleted = 0;
  // The first one goes first: the manifests of the later ones say that it was theirs.
  for (const earlier of [...seen].slice(1).reverse()) {
    const files = await filesOf(earlier, store);
    if (!files.every((file) => isOver(file, epoch, keepSince))) break;
    for (const { name } of files) await store.delete(name);
    deleted += files.length;
  }
  return deleted;
}

async function continuedBy(journal: string, store: JournalStore, keys: KeyRing): Promise<string | undefined> {
  for await (const file of store.list(manifestName(journal)))
    if (file.name === manifestName(journal)) return openManifest(await store.read(file), journal, keys)?.continues;
  return undefined;
}

/** Its manifest last. */
async function filesOf(journal: string, store: JournalStore): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const file of store.list(`${PREFIX}${journal}/`)) files.push(file);
  const isManifest = ({ name }: StoredFile) => name === manifestName(journal);
  return [...files.filter((file) => !isManifest(file)), ...files.filter(isManifest)];
}

function isOver({ name, modifiedAt }: StoredFile, epoch: number, keepSince: Date): boolean {
  const position = segmentAt(name) ?? snapshotAt(name) ?? chunkAt(name);
  return modifiedAt < keepSince && (position === undefined || position.epoch < epoch);
}
