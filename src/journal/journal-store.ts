/** A backend as the journal uses it: whole files of bytes. All calls throw BackendError. */
import { createHash } from "node:crypto";
import type { Backend } from "../backends/backend.ts";
import type { GuardedBackend } from "../backends/guarded-backend.ts";

export interface StoredFile {
  readonly name: string;
  readonly size: number;
  /** By the backend's clock. */
  readonly modifiedAt: Date;
}

/** What a journal is read from. */
export interface JournalSource {
  /** The backend's. */
  readonly name: string;
  /** Throws absent when there is none. */
  read(file: StoredFile): Promise<Buffer>;
  /** In byte order of names. */
  list(prefix: string): AsyncIterable<StoredFile>;
}

export interface JournalStore extends JournalSource {
  /** Resolves when the bytes are durable. The same name again takes the place of what stood there. */
  put(name: string, bytes: Buffer): Promise<void>;
  /** Absent is success. */
  delete(name: string): Promise<void>;
}

export function journalSource(backend: Pick<Backend, "name" | "read" | "list">): JournalSource {
  return {
    name: backend.name,
    read: async ({ name, size }) => (await backend.read(name, size)).bytes,
    async *list(prefix) {
      for await (const { key, size, modifiedAt } of backend.list(prefix)) yield { name: key, size, modifiedAt };
    },
  };
}

export function journalStore(backend: GuardedBackend): JournalStore {
  return {
    ...journalSource(backend),
    async put(name, bytes) {
      const sink = backend.write(name, bytes.length);
      await sink.write(bytes);
      const isThere = await sink.finish(createHash("md5").update(bytes).digest("hex"));
      if (!isThere) throw sink.failure ?? new Error(`${backend.name} did not take it`);
    },
    delete: (name) => backend.delete(name),
  };
}
