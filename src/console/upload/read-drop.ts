/** Reads what was dropped or picked: files, and folders with all that is in them, a batch at a time. */
import type { Found, Unfit } from "./selection.ts";

export interface Batch {
  readonly found: readonly Found<File>[];
  /** What could not be read. */
  readonly unfit: readonly Unfit[];
}

/** Must be called while the drop is being handled: afterwards the browser shows nothing of it. */
export async function readDrop(transfer: DataTransfer, onBatch: (batch: Batch) => void): Promise<void> {
  const entries = [...transfer.items].flatMap((each) => each.webkitGetAsEntry() ?? []);
  await readEntries(entries, onBatch);
}

/** Of an `<input type="file">`; with `webkitdirectory` each file says which folder it was in. */
export function readPicked(files: FileList): Batch {
  const found = [...files].map((file) =>
    foundAt(file.webkitRelativePath === "" ? file.name : file.webkitRelativePath, file),
  );
  return { found, unfit: [] };
}

async function readEntries(entries: readonly FileSystemEntry[], onBatch: (batch: Batch) => void): Promise<void> {
  const [folders, files] = [entries.filter(isFolder), entries.filter(isFile)];
  if (files.length > 0) onBatch(joined(await Promise.all(files.map(readFile))));
  // One after the other: a tree of folders read at once would hold all of its files before the first is uploaded.
  for (const folder of folders) await readFolder(folder, onBatch);
}

async function readFolder(folder: FileSystemDirectoryEntry, onBatch: (batch: Batch) => void): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // The browser lists up to 100 at a time; none means that there are no more.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject)).catch(
      (error: unknown) => {
        onBatch({ found: [], unfit: [unreadable(folder, error)] });
        return [];
      },
    );
    if (some.length === 0) return;
    await readEntries(some, onBatch);
  }
}

async function readFile(entry: FileSystemFileEntry): Promise<Batch> {
  try {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return { found: [foundAt(entry.fullPath, file)], unfit: [] };
  } catch (error) {
    return { found: [], unfit: [unreadable(entry, error)] };
  }
}

function foundAt(path: string, file: File): Found<File> {
  return { path: path.replace(/^\//, ""), size: file.size, file };
}

function unreadable({ fullPath }: FileSystemEntry, error: unknown): Unfit {
  return {
    path: fullPath.replace(/^\//, ""),
    why: `It cannot be read (${error instanceof Error ? error.message : error}).`,
  };
}

function joined(batches: readonly Batch[]): Batch {
  return { found: batches.flatMap(({ found }) => found), unfit: batches.flatMap(({ unfit }) => unfit) };
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
