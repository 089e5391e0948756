/**
 * A snapshot of a million objects, and the database put together from it: seconds, and this process's peak memory. The
 * snapshot goes to two disks.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { GuardedBackend } from "../../src/backends/guarded-backend.ts";
import { Uptime } from "../../src/backends/uptime.ts";
import { journalKeys } from "../../src/journal/journal-keys.ts";
import { journalStore } from "../../src/journal/journal-store.ts";
import { fillRestored, readJournal } from "../../src/journal/restore.ts";
import { writeSnapshot } from "../../src/journal/snapshot.ts";
import { openMetadata } from "../../src/metadata/metadata.ts";
import { openStaging } from "../../src/metadata/sqlite/staging.ts";
import { unwatchedCalls } from "../support/calls.ts";
import { openFilledDatabase } from "./filled-database.ts";
import { forgetPeak, peakMiB } from "./memory.ts";

const OBJECTS = 1_000_000;
const MOST_SECONDS = 300;
const MOST_MIB = 500;

export interface Paced {
  readonly work: string;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly met: boolean;
}

export async function measureJournal(): Promise<readonly Paced[]> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-bench-"));
  const uptime = new Uptime();
  const backends = await Promise.all(
    ["a", "b"].map((name) => openDiskBackend({ name, region: name, directory: join(directory, name) })),
  );
  for (const backend of backends) await backend.establish(`identity-${backend.name}`);
  const stores = backends.map((backend) => journalStore(new GuardedBackend(backend, () => uptime, unwatchedCalls())));
  const keys = journalKeys(["an encryption key for the bench"]);
  const rows: Paced[] = [];
  const measure = async (work: string, call: () => Promise<unknown>) => {
    global.gc?.();
    await forgetPeak(process.pid);
    const began = performance.now();
    await call();
    const [seconds, peak] = [(performance.now() - began) / 1000, await peakMiB(process.pid)];
    rows.push({ work, seconds, peakMiB: peak, met: seconds <= MOST_SECONDS && !(peak > MOST_MIB) });
  };
  try {
    {
      await using filled = await openFilledDatabase(OBJECTS);
      const { journal } = filled.metadata;
      await journal.begin("bench", 0);
      const head = await journal.take("bench", 3_600_000);
      if (head === undefined) throw new Error("nobody else writes it");
      const common = { journal, head, stores: () => stores, keys, schema: 1, now: () => new Date() };
      await measure(`snapshot of ${OBJECTS} objects`, () =>
        writeSnapshot({ ...common, copies: 2, fewest: 2, writeOn: async () => head }),
      );
    }
    await using staging = await openStaging(join(directory, "staging.db"));
    const engine = { kind: "sqlite", file: join(directory, "restored.sqlite"), durable: true } as const;
    await measure(`restore of ${OBJECTS} objects`, async () => {
      await readJournal({ sources: stores, keys, staging });
      const restored = await openMetadata({ engine, now: () => new Date(), graceMs: 1, cacheRows: 0 });
      await fillRestored(restored.journal, staging, { highestEpoch: 1, journal: "bench" });
      await restored.close();
    });
    return rows;
  } finally {
    for (const backend of backends) await backend.close();
    await rm(directory, { recursive: true, force: true });
  }
}
