/** Objects on real disks, further gateways on the same database, and what stands where. */
import { randomBytes } from "node:crypto";
import { type Fleet, openFleet } from "../../src/backends/fleet.ts";
import { openLog } from "../../src/log.ts";
import { openRegistry } from "../../src/upkeep/registry.ts";
import { openUpkeep, type Upkeep } from "../../src/upkeep/upkeep.ts";
import { type DiskName, type Disks, openDisks } from "../support/disks.ts";
import { OUTAGE_GRACE_MS, openRigOver, type Rig } from "../support/rig.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const bytes = randomBytes(20_000);

/** Objects "0", "1", ... on two of three disks each. */
export async function stored(count = 1, names: readonly DiskName[] = ["a", "b", "c"]) {
  const disks = await openDisks(names);
  const over = await openRigOver(disks, { graceMs: DAY });
  const { rig } = over;
  for (let at = 0; at < count; at++) await rig.put(String(at), Buffer.concat([bytes, Buffer.from([at])]));
  await rig.upkeep.runDue();
  return { ...over, disks };
}

/** Another gateway on the same database, with its own settings and probes. */
export async function openOther(
  { metadata, blobs, clock }: Rig,
  { backends }: Disks,
  more: { draining?: DiskName[]; copies?: number; random?: () => number },
) {
  const log = openLog("silent");
  const regions = ["x", "y", "z"].map((name, index) => ({ name, latitude: 0, longitude: index * 10 }));
  const fleet = openFleet({
    backends,
    regions,
    log,
    draining: more.draining,
    probeIntervalMs: 60_000,
    outageGraceMs: OUTAGE_GRACE_MS,
    now: clock.now,
  });
  const registry = openRegistry({ metadata, fleet, backends, now: clock.now, log });
  await registry.refresh();
  const { copies = 2, random = Math.random } = more;
  const upkeep = openUpkeep({ metadata, fleet, blobs, copies, random, now: clock.now, log, graceMs: DAY });
  const dispose = async () => {
    await upkeep.close();
    await registry.close();
    await fleet.close();
  };
  return { fleet, upkeep, [Symbol.asyncDispose]: dispose };
}

export async function setAway({ away }: Disks, fleet: Fleet, ...names: readonly DiskName[]): Promise<void> {
  away.clear();
  for (const name of names) away.add(name);
  await fleet.probeNow();
}

/** The backends that hold a blob's bytes, and those with a verified row. */
export async function copiesOf({ rig, disks }: { rig: Rig; disks: Disks }, key: string) {
  const { storageKey, replicas } = await rig.blobOf(key);
  const verified = replicas.flatMap(({ backend, state }) => (state === "verified" ? [backend] : [])).sort();
  return { bytes: await disks.holders(storageKey), verified, rows: replicas.length };
}

/** Runs what is due after each of these intervals. */
export async function pass(rig: Rig, upkeep: Upkeep, ...steps: readonly number[]): Promise<void> {
  for (const ms of steps) {
    rig.clock.advance(ms);
    await upkeep.runDue();
  }
}

export const others = (names: readonly string[]) => ["a", "b", "c"].filter((name) => !names.includes(name));
