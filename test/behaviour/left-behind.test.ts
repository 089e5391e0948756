// When a process dies before it has committed an object, upkeep finds its bytes by their reservation and deletes them,
// and nothing else.
// Shows I5, I7 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openBlobStore } from "../../src/blobs/blob-store.ts";
import { openLog } from "../../src/log.ts";
import { startFarStores } from "../support/far-stores.ts";
import { bytesOf, openRig, type Rig } from "../support/rig.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const bytes = randomBytes(10_000);

/** A second process on the same database, which will not be closed as it should. */
const openOther = ({ metadata, fleet, clock }: Rig) =>
  openBlobStore({ metadata, fleet, copies: 2, now: clock.now, log: openLog("silent"), leaseMs: MINUTE });

describe("a writer that died", () => {
  it("is cleaned up after its lease and the grace, not before; bytes of an object stay", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const dead = await openOther(rig);
    const named = await dead.put(bytesOf(Buffer.concat([bytes, bytes])), { scope: rig.scope });
    await rig.name("key", named.content);
    const lost = await dead.put(bytesOf(bytes), { scope: rig.scope });
    const upload = await dead.startUpload();
    const names = [lost.content.kind === "fresh" ? lost.content.storageKey : "", upload.storageKey];
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    for (const name of names) expect(far.traces().filter((trace) => trace.endsWith(name))).toHaveLength(2);
    rig.clock.advance(2 * MINUTE);
    await rig.upkeep.runDue();
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual(
      ["a", "b"].map((store) => `${store}: ${named.content.kind === "fresh" ? named.content.storageKey : ""}`),
    );
    expect(Buffer.concat([bytes, bytes]).equals(await rig.get("key"))).toBe(true);
    await dead.close();
  });

  it("is cleaned up on a store that was down, when it returns", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const dead = await openOther(rig);
    await dead.put(bytesOf(bytes), { scope: rig.scope });
    await far.store("a").stop();
    await rig.fleet.probeNow();
    rig.clock.advance(DAY + 2 * MINUTE);
    await rig.upkeep.runDue();
    await rig.upkeep.runDue();
    expect(far.traces()).toHaveLength(1);
    await far.store("a").restart();
    await rig.fleet.probeNow();
    rig.clock.advance(10 * MINUTE);
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
    await dead.close();
  });

  it("that was only suspended continues with storage keys of a new lease", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const sleeper = await openOther(rig);
    const before = await sleeper.put(bytesOf(bytes), { scope: rig.scope });
    rig.clock.advance(2 * DAY);
    await rig.upkeep.runDue();
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
    await expect(rig.name("key", before.content)).rejects.toThrow();
    const after = await sleeper.put(bytesOf(bytes), { scope: rig.scope });
    await rig.name("key", after.content);
    expect(bytes.equals(await rig.get("key"))).toBe(true);
    await sleeper.close();
  });
});

describe("a writer that is closed", () => {
  it("leaves no reservation", async () => {
    await using rig = await openRig();
    const other = await openOther(rig);
    await other.put(bytesOf(bytes), { scope: rig.scope }).then(({ content }) => rig.name("key", content));
    await other.close();
    rig.clock.advance(2 * DAY);
    await rig.blobs.close();
    expect(await rig.metadata.keyReservations.discardLeftovers(rig.clock.now())).toBe(0);
  });
});
