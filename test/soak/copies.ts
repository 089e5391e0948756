/**
 * Are there two right copies of each object in two regions, as the database, the stores themselves and `nearbucket
 * status` say? The gateway may run; nobody may write meanwhile.
 */
import { scheduler } from "node:timers/promises";
import type { StatusReport } from "../../src/admin/status-report.ts";
import { runCommand } from "../cli/terminal.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import { withDatabase } from "./books.ts";
import type { CrashRig } from "./crash-rig.ts";
import { sha256 } from "./ledger.ts";
import type { Stable } from "./readers.ts";

const POLL_MS = 200;
const COPIES = `SELECT objects.key AS key, storage_key AS storageKey, backend
  FROM objects JOIN blobs ON blobs.id = objects.blob_id JOIN replicas ON replicas.blob_id = blobs.id
  WHERE state = 'verified'`;
const KEYS = "SELECT key FROM objects";

interface Copy {
  readonly key: string;
  readonly storageKey: string;
  readonly backend: string;
}

type Status = Pick<StatusReport, "verdict" | "underReplicated" | "backends">;

async function statusOf({ configFile }: GatewayProcess): Promise<Status> {
  const { out, err } = await runCommand(["status", "--json", "--config", configFile]);
  if (err !== "") throw new Error(err);
  return JSON.parse(out) as Status;
}

/** Resolves when `nearbucket status` says that any one backend may be lost and no copy is missing. */
export async function untilSafe(gateway: GatewayProcess, withinMs = 180_000): Promise<void> {
  const began = performance.now();
  for (;;) {
    const { verdict, underReplicated, backends } = await statusOf(gateway);
    if (verdict === "safe" && underReplicated.blobs === 0 && backends.every(({ safeToLose }) => safeToLose)) return;
    if (performance.now() - began > withinMs)
      throw new Error(`after ${withinMs / 1000} s: ${verdict}, ${underReplicated.blobs} blobs with too few copies`);
    await scheduler.wait(POLL_MS);
  }
}

/**
 * Reads every verified copy of every object from its store and holds it against what its writer sent. `among`: only
 * copies on these backends count.
 */
export async function faultsOfCopies(
  { databaseFile, ledger, stores }: Pick<CrashRig, "databaseFile" | "ledger" | "stores">,
  stable: Stable,
  among: readonly string[] = stores.config.backends.map(({ name }) => name),
): Promise<readonly string[]> {
  const { copies, keys } = await withDatabase(databaseFile, async (knex) => ({
    copies: await knex.raw<Copy[]>(COPIES),
    keys: (await knex.raw<{ key: string }[]>(KEYS)).map(({ key }) => key),
  }));
  const counted = copies.filter(({ backend }) => among.includes(backend));
  const standing = await stores.standing();
  const regions = new Map(stores.config.backends.map(({ name, region }) => [name, region]));
  const faults: string[] = [];
  for (const key of keys) {
    const of = counted.filter((copy) => copy.key === key);
    const places = new Set(of.map(({ backend }) => regions.get(backend)));
    if (places.size < 2) faults.push(`${key} is in ${[...places].join(", ") || "no region"}`);
  }
  for (const { key, backend, storageKey } of counted) {
    const expected = stable.get(key) ?? ledger.certain(key)?.standing;
    const isListed = standing[backend]?.includes(storageKey);
    const found = await stores.bytes(backend, storageKey).then(sha256, (error: unknown) => String(error));
    if (!isListed || found !== expected)
      faults.push(`${key} on ${backend}: ${found}, not ${expected}${isListed ? "" : "; not listed"}`);
  }
  const written = [...stable.keys(), ...ledger.keys().filter((key) => ledger.certain(key)?.standing !== undefined)];
  return [...faults, ...written.filter((key) => !keys.includes(key)).map((key) => `the database has no ${key}`)];
}
