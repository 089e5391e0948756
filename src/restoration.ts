/** The part of the composition root that rebuilds a configuration's lost database from the journal on its backends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CopiesThere, markMissingCopies } from "./admin/missing-copies.ts";
import { openStore } from "./admin/open-store.ts";
import { administerBackends, metadataOptions } from "./administration.ts";
import { openSecretBox } from "./auth/secret-box.ts";
import type { Backend } from "./backends/backend.ts";
import type { BackendConfig } from "./backends/kinds.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { journalKeys } from "./journal/journal-keys.ts";
import { journalSource } from "./journal/journal-store.ts";
import { acceptOlder, fillRestored, type Restored, readJournal } from "./journal/restore.ts";
import { type Metadata, openMetadata } from "./metadata/metadata.ts";
import { openStaging } from "./metadata/sqlite/staging.ts";

export interface RestorationOptions {
  /** The backends to read from; empty: all of the configuration. */
  readonly from: readonly string[];
  readonly at?: Date | undefined;
  readonly journal?: string | undefined;
  /** Reads and counts all, and makes no database. */
  readonly dryRun: boolean;
  readonly onProgress: (doing: string, done: number) => void;
}

export interface Restoration extends Restored {
  /** By table, of what was or would be restored. */
  readonly counts: Readonly<Record<string, number>>;
  /** Of each backend in use, where a database was made. */
  readonly copies: readonly CopiesThere[];
  /** Blobs that objects need and of which no good copy is left; undefined: no database was made. */
  readonly lostBlobs: number | undefined;
}

/** Throws an Error in words for an operator; no database is made then. */
export async function restoreDatabase(config: GatewayConfig, options: RestorationOptions): Promise<Restoration> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-restore-"));
  try {
    await using staging = await openStaging(join(directory, "staging.db"));
    const restored = await withBackends(chosen(config, options.from), (backends) =>
      readJournal({
        sources: backends.map(journalSource),
        keys: journalKeys([config.encryptionKey, ...config.previousEncryptionKeys]),
        staging,
        journal: options.journal,
        until: options.at,
        onProgress: ({ rows, segments }) => options.onProgress(segments > 0 ? "segments" : "rows", segments || rows),
      }),
    );
    const counts = await countRows(staging);
    if (options.dryRun) return { ...restored, counts, copies: [], lostBlobs: undefined };
    const metadata = await openMetadata(metadataOptions(config, () => new Date(), undefined));
    try {
      await fillRestored(metadata.journal, staging, restored);
      return { ...restored, counts, ...(await lookForCopies(config, metadata, options)) };
    } finally {
      await metadata.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** False: the database was not older than what its backends hold. */
export async function acceptOlderDatabase(config: GatewayConfig): Promise<boolean> {
  const metadata = await openMetadata(metadataOptions(config, () => new Date(), undefined));
  try {
    return await withBackends(await inUse(config, metadata), (backends) =>
      acceptOlder(metadata.journal, backends.map(journalSource)),
    );
  } finally {
    await metadata.close();
  }
}

async function lookForCopies(config: GatewayConfig, metadata: Metadata, { onProgress }: RestorationOptions) {
  // A far backend is waited for, mostly.
  const look = (one: BackendConfig) =>
    withBackends([one], (backends) =>
      Promise.all(
        backends.map((backend) =>
          markMissingCopies(metadata, backend, (looked) => onProgress(`copies on ${backend.name}`, looked)),
        ),
      ),
    );
  const looked = await Promise.allSettled((await inUse(config, metadata)).map(look));
  const copies: CopiesThere[] = [];
  for (const each of looked) {
    if (each.status === "rejected") throw each.reason;
    copies.push(...each.value);
  }
  const nowhere = (await metadata.holders.sets()).filter(({ backends }) => backends.length === 0);
  return { copies, lostBlobs: nowhere.reduce((blobs, set) => blobs + set.blobs, 0) };
}

async function countRows(staging: {
  rows(inPage: number): AsyncIterable<{ table: string; rows: readonly unknown[] }>;
}) {
  const counts: Record<string, number> = {};
  for await (const { table, rows } of staging.rows(10_000)) counts[table] = (counts[table] ?? 0) + rows.length;
  return counts;
}

function chosen(config: GatewayConfig, names: readonly string[]): readonly BackendConfig[] {
  for (const name of names)
    if (!config.backends.some((backend) => backend.name === name))
      throw new Error(`the configuration has no backend ${name}`);
  return names.length === 0 ? config.backends : config.backends.filter(({ name }) => names.includes(name));
}

function inUse(config: GatewayConfig, metadata: Metadata): Promise<readonly BackendConfig[]> {
  const box = openSecretBox([config.encryptionKey, ...config.previousEncryptionKeys]);
  return administerBackends({ config, metadata, box, now: () => new Date(), knowsBackends: true }).configurations();
}

async function withBackends<T>(
  configs: readonly BackendConfig[],
  work: (backends: readonly Backend[]) => Promise<T>,
): Promise<T> {
  const opened: Backend[] = [];
  try {
    for (const config of configs) opened.push(await openStore(config));
    return await work(opened);
  } finally {
    for (const backend of opened) await backend.close();
  }
}
