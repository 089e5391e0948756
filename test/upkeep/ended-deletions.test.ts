// A deletion that a dead process left half done never keeps a blob from its copies, and never takes its last good bytes.
// Shows I4 of docs/durability.md.
import { stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type DiskName, openDisks } from "../support/disks.ts";
import { makePostgres, postgresUrl } from "../support/engines.ts";
import { openRigOver, statesOf } from "../support/rig.ts";
import { filesBelow, flip } from "../support/rot.ts";
import { bytes, DAY, pass } from "./repair-support.ts";

/** An object, and disks of which some are emptied and taken back. */
async function stored(engine: string, names: readonly DiskName[]) {
  const database = engine === "SQLite" ? undefined : await makePostgres(postgresUrl ?? "");
  const disks = await openDisks(names);
  const over = await openRigOver(disks, { graceMs: DAY, ...(database && { engine: database.engine }) });
  const { rig } = over;
  await rig.put("key", bytes);
  const { id, storageKey } = await rig.blobOf("key");
  /** Each deletion, with the state that its row is in. */
  const deleted: (readonly [DiskName, string | undefined])[] = [];
  disks.onDelete = async (name, key) => {
    if (key === storageKey) deleted.push([name, (await statesOf(rig, "key"))[name]]);
  };
  return {
    ...{ rig, disks, deleted, storageKey },
    async setDraining(...draining: readonly string[]) {
      for (const name of names)
        await rig.metadata.backends.setState(name, draining.includes(name) ? "draining" : "attached");
      rig.fleet.setRegistrations(await rig.metadata.backends.list());
    },
    verified: async () =>
      Object.entries(await statesOf(rig, "key")).flatMap(([name, state]) => (state === "verified" ? [name] : [])),
    /** Decides to delete the lost copy there, as when the grace is over, and goes no further. */
    async decide(name: string, kept: readonly string[]) {
      const retired = await rig.metadata.blobs.retireReplica({ id, storageKey }, name, kept, rig.clock.now());
      expect(retired).toBe("deleting");
    },
    async rot(name: DiskName) {
      const files = await filesBelow(disks.directoryOf(name));
      for (const file of files) if ((await stat(file)).size >= bytes.length) await flip(file, 100);
    },
    async [Symbol.asyncDispose]() {
      await over[Symbol.asyncDispose]();
      await database?.remove();
    },
  };
}

/** One disk is emptied and taken back when its copy is being deleted; then another one is to be emptied. */
async function cutShort(engine: string) {
  const s = await stored(engine, ["a", "b", "c"]);
  const [ending = "", leaving = ""] = await s.verified();
  await s.setDraining(ending);
  await s.rig.upkeep.runDue();
  const [left = ""] = (await s.verified()).filter((name) => name !== ending && name !== leaving);
  await s.decide(ending, [leaving, left]);
  await s.setDraining(leaving);
  return { s, ending: ending as DiskName, leaving, left: left as DiskName };
}

describe.each(["SQLite", ...(postgresUrl ? ["PostgreSQL"] : [])])("a deletion that was begun, on %s,", (engine) => {
  it("is ended where it keeps a blob from its second region, and the copy is made there anew", async () => {
    await using s = await stored(engine, ["a", "b", "d"]);
    const { rig, disks } = s;
    await s.setDraining("b");
    await rig.upkeep.runDue();
    await s.decide("b", ["a", "d"]);
    await s.setDraining();
    await rig.upkeep.runDue();
    expect(await statesOf(rig, "key")).toMatchObject({ b: "verified" });
    expect(s.deleted).toEqual([["b", "deleting"]]);
    expect(await disks.holders(s.storageKey)).toContain("b");
    expect((await rig.get("key", { order: ["b"] })).equals(bytes)).toBe(true);
  });

  it("is ended where it keeps a blob from its second copy, which is made there anew", async () => {
    const { s, ending, leaving, left } = await cutShort(engine);
    await using _ = s;
    await s.rig.upkeep.runDue();
    expect(await statesOf(s.rig, "key")).toMatchObject({ [ending]: "verified", [left]: "verified" });
    expect(s.deleted).toEqual([[ending, "deleting"]]);
    await pass(s.rig, s.rig.upkeep, DAY, DAY);
    expect(Object.keys(await statesOf(s.rig, "key"))).not.toContain(leaving);
    expect(await s.disks.holders(s.storageKey)).toEqual([ending, left].sort());
    expect((await s.rig.get("key", { order: [ending] })).equals(bytes)).toBe(true);
  });

  it("waits while no other copy can be read whole, and its bytes mend the blob", async () => {
    const { s, ending, leaving, left } = await cutShort(engine);
    await using _ = s;
    await s.rot(left);
    s.disks.away.add(leaving as DiskName);
    await s.rig.fleet.probeNow();
    await s.rig.upkeep.runDue();
    expect(await statesOf(s.rig, "key")).toMatchObject({ [ending]: "verified", [left]: "verified" });
    for (const name of [ending, left]) expect((await s.rig.get("key", { order: [name] })).equals(bytes)).toBe(true);
  });
});
