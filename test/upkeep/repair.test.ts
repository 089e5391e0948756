// Repair keeps `copies` good copies of every blob on backends that are up, whatever fails, and removes the others.
// Shows I4, I12 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { goodCopies } from "../../src/blobs/replicas/good-copies.ts";
import type { DiskName } from "../support/disks.ts";
import { OUTAGE_GRACE_MS, openRig, type Rig } from "../support/rig.ts";
import { bytes, copiesOf, DAY, HOUR, openOther, others, pass, setAway, stored } from "./repair-support.ts";

const MIB = 1024 * 1024;

describe("an outage", () => {
  it("causes no copies within the grace period and new ones after it, and surplus copies are removed after its end", async () => {
    await using s = await stored();
    const { rig, disks } = s;
    const before = (await copiesOf(s, "0")).verified;
    const [lost, kept] = before as DiskName[];
    const [spare] = others(before);
    if (lost === undefined || kept === undefined || spare === undefined) throw new Error("there are three disks");

    await setAway(disks, rig.fleet, lost);
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS - 1);
    expect((await copiesOf(s, "0")).bytes).toEqual(before);
    await pass(rig, rig.upkeep, 1);
    expect(await copiesOf(s, "0")).toEqual({ bytes: ["a", "b", "c"], verified: ["a", "b", "c"], rows: 3 });
    expect((await rig.get("0", { order: [lost, spare] })).subarray(0, bytes.length).equals(bytes)).toBe(true);

    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, 0);
    const after = await copiesOf(s, "0");
    expect(after).toMatchObject({ bytes: ["a", "b", "c"], rows: 3 });
    expect(after.verified).toHaveLength(2);
    await pass(rig, rig.upkeep, DAY - HOUR, HOUR, HOUR);
    expect(await copiesOf(s, "0")).toEqual({ bytes: after.verified, verified: after.verified, rows: 2 });
  });

  it("is repaired for all blobs", async () => {
    await using s = await stored(20);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "a");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS);
    for (let at = 0; at < 20; at++)
      expect((await copiesOf(s, String(at))).bytes).toEqual(expect.arrayContaining(["b", "c"]));
    expect((await rig.metadata.jobs.backlog()).map(({ kind }) => kind)).not.toContain("copy");
    await pass(rig, rig.upkeep, HOUR);
    expect(await rig.metadata.jobs.foundFew()).toBe(0);
  });

  it("adds no jobs that cannot succeed when too few disks are left, and the blobs are counted", async () => {
    await using s = await stored(3, ["a", "b"]);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "b");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS);
    expect((await rig.metadata.jobs.backlog()).map(({ kind }) => kind)).not.toContain("copy");
    expect(await rig.metadata.jobs.foundFew()).toBe(3);
    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, 0);
    expect(await rig.metadata.jobs.foundFew()).toBe(0);
  });

  it("of a whole region puts both copies into the other, and spreads them again afterwards", async () => {
    await using s = await stored(5, ["a", "b", "d"]);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "b");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS);
    for (let at = 0; at < 5; at++) expect((await copiesOf(s, String(at))).bytes).toEqual(["a", "b", "d"]);
    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, 0, DAY, HOUR);
    for (let at = 0; at < 5; at++) {
      const { bytes: held, rows } = await copiesOf(s, String(at));
      expect([rows, held.length, held.includes("b")]).toEqual([2, 2, true]);
    }
  });
});

async function uploadInParts(rig: Rig): Promise<void> {
  const upload = await rig.startUpload("two");
  await rig.uploadPart(upload, 1, bytes);
  await rig.completeUpload(upload);
}

describe("a disk", () => {
  it("that is draining loses its blobs after the grace period, once they are copied elsewhere", async () => {
    await using s = await stored(6);
    const { rig, disks } = s;
    await using other = await openOther(rig, disks, { draining: ["a"] });
    await other.fleet.probeNow();
    await pass(rig, other.upkeep, 0);
    const on = async (name: string) => {
      const all = await Promise.all(["0", "1", "2", "3", "4", "5"].map((key) => copiesOf(s, key)));
      return all.filter((copies) => copies.bytes.includes(name)).length;
    };
    expect([await on("b"), await on("c")]).toEqual([6, 6]);
    await pass(rig, other.upkeep, DAY, HOUR);
    expect([await on("a"), await on("b"), await on("c")]).toEqual([0, 6, 6]);
    expect(await rig.metadata.backends.holdsReplicas("a")).toBe(false);
  });

  it.each<[string, (rig: Rig) => Promise<unknown>]>([
    ["stored again", (rig) => rig.put("two", bytes)],
    ["uploaded again in parts", (rig) => uploadInParts(rig)],
  ])("that is draining does not count for a blob without objects that is %s", async (_, store) => {
    await using rig = await openRig({ graceMs: DAY });
    await rig.put("one", bytes);
    const { id, replicas } = await rig.blobOf("one");
    await rig.put("one", Buffer.from("other"));
    const [{ backend = "" } = {}] = replicas;
    await rig.metadata.backends.setState(backend, "draining");
    rig.fleet.setRegistrations(await rig.metadata.backends.list());
    await rig.upkeep.runDue();
    await store(rig);
    await rig.upkeep.runDue();
    const blob = await rig.blobOf("two");
    expect(blob.id).toBe(id);
    expect(goodCopies({ fleet: rig.fleet, copies: 2 }, blob)).toHaveLength(2);
  });

  it.each<[string, (rig: Rig, drain: () => Promise<void>) => Promise<unknown>]>([
    [
      "stored",
      (rig, drain) => {
        const pieces = [randomBytes(2 * MIB), randomBytes(MIB)];
        async function* drained() {
          yield pieces[0];
          await drain();
          yield pieces[1];
        }
        return rig.put("two", Buffer.concat(pieces), { bytes: { open: () => Readable.from(drained()) } });
      },
    ],
    [
      "uploaded in parts",
      async (rig, drain) => {
        const upload = await rig.startUpload("two");
        await rig.uploadPart(upload, 1, bytes);
        await drain();
        return rig.completeUpload(upload);
      },
    ],
  ])("that begins to drain while a blob is %s does not count for it", async (_, store) => {
    // Placement takes them in this order.
    const sites = [
      { name: "a", region: "x", capacity: 1e12 },
      { name: "b", region: "y", capacity: 1e6 },
      { name: "c", region: "z", capacity: 1 },
    ];
    await using rig = await openRig({ graceMs: DAY, backends: sites.map((site) => new MemoryBackend(site)) });
    await store(rig, async () => {
      await rig.metadata.backends.setState("a", "draining");
      rig.fleet.setRegistrations(await rig.metadata.backends.list());
      // The walk over all blobs passes before this one is there.
      await rig.upkeep.runDue();
    });
    const before = await rig.blobOf("two");
    expect(before.replicas.map(({ backend }) => backend).sort()).toEqual(["a", "b"]);
    await rig.upkeep.runDue();
    expect(goodCopies({ fleet: rig.fleet, copies: 2 }, await rig.blobOf("two"))).toHaveLength(2);
  });

  it("that was removed loses its rows without being used, once the blobs are copied elsewhere", async () => {
    await using s = await stored(4, ["a", "b", "c"]);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "a");
    await rig.metadata.backends.register("a", "identity");
    await rig.metadata.backends.setState("a", "removed");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS, HOUR);
    expect(await rig.metadata.backends.holdsReplicas("a")).toBe(false);
    for (let at = 0; at < 4; at++) expect((await copiesOf(s, String(at))).verified).toEqual(["b", "c"]);
  });

  it("loses the bytes of a failed write after the grace period", async () => {
    await using s = await stored();
    const { rig } = s;
    const { id, storageKey } = await rig.blobOf("0");
    const [spare = ""] = others((await copiesOf(s, "0")).verified);
    await rig.metadata.blobs.prepareReplica({ id, storageKey }, spare);
    const sink = rig.backend(spare).write(storageKey, 3);
    await sink.write(Buffer.from("abc"));
    await sink.finish();
    await pass(rig, rig.upkeep, 0, DAY - HOUR);
    expect((await copiesOf(s, "0")).bytes).toHaveLength(3);
    await pass(rig, rig.upkeep, HOUR, HOUR);
    expect(await copiesOf(s, "0")).toMatchObject({ bytes: (await copiesOf(s, "0")).verified, rows: 2 });
  });
});

describe("another number of copies", () => {
  it("causes copies at once when it is higher, and removals when it is lower", async () => {
    await using s = await stored(3);
    const { rig, disks } = s;
    await using more = await openOther(rig, disks, { copies: 3 });
    await pass(rig, more.upkeep, 0);
    for (let at = 0; at < 3; at++) expect((await copiesOf(s, String(at))).verified).toEqual(["a", "b", "c"]);
    await more.upkeep.close();
    await using less = await openOther(rig, disks, { copies: 2 });
    await pass(rig, less.upkeep, 0, DAY, HOUR);
    for (let at = 0; at < 3; at++) expect(await copiesOf(s, String(at))).toMatchObject({ rows: 2 });
  });
});
