// A blob is deleted only when no object has referred to it for the whole grace period, and forgotten only when every
// backend has confirmed the deletion.
// Shows I2, I5, I7 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import { openRig, type Rig } from "../support/rig.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
const bytes = randomBytes(10_000);

describe("bytes without an object", () => {
  it("stay for the grace, then are deleted from every store", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    await rig.put("key", bytes);
    await rig.metadata.objects.delete(rig.bucket.id, "key");
    rig.clock.advance(DAY - 1);
    await rig.upkeep.runDue();
    expect(far.traces()).toHaveLength(2);
    rig.clock.advance(MINUTE + 1);
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
    expect(await rig.metadata.blobs.takeReclaimable(10)).toEqual([]);
  });

  it("stay when an object refers to them again within the grace", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    await rig.put("key", bytes);
    await rig.metadata.objects.delete(rig.bucket.id, "key");
    rig.clock.advance(DAY - 1);
    expect(await rig.put("again", bytes)).toMatchObject({ kind: "known" });
    rig.clock.advance(10 * DAY);
    await rig.upkeep.runDue();
    expect(far.traces()).toHaveLength(2);
    expect(bytes.equals(await rig.get("again"))).toBe(true);
  });

  it("stay while another object refers to them", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    await rig.put("one", bytes);
    await rig.put("two", bytes);
    await rig.metadata.objects.delete(rig.bucket.id, "one");
    rig.clock.advance(10 * DAY);
    await rig.upkeep.runDue();
    expect(bytes.equals(await rig.get("two"))).toBe(true);
  });

  it("are written again when they are uploaded after the sweep began", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const first = await rig.put("key", bytes);
    await rig.metadata.objects.delete(rig.bucket.id, "key");
    rig.clock.advance(DAY + 1);
    for (const store of far.stores) store.script({ method: "DELETE" }, { do: "status", status: 500 });
    await rig.upkeep.runDue();
    const second = await rig.put("key", bytes);
    expect(second.kind).toBe("fresh");
    expect(second.kind === "fresh" && first.kind === "fresh" && second.storageKey !== first.storageKey).toBe(true);
    expect(bytes.equals(await rig.get("key"))).toBe(true);
  });

  it.each([
    ["is away", async (far: Awaited<ReturnType<typeof startFarStores>>) => far.store("a").stop()],
    [
      "refuses",
      async (far: Awaited<ReturnType<typeof startFarStores>>) =>
        void far.store("a").script({ method: "DELETE" }, { do: "status", status: 403 }),
    ],
    ["has lost its bucket", async (far: Awaited<ReturnType<typeof startFarStores>>) => far.store("a").removeBucket()],
  ])("keep their row while a store %s", async (_, hurt) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    await rig.put("key", bytes);
    await rig.metadata.objects.delete(rig.bucket.id, "key");
    await hurt(far);
    await rig.fleet.probeNow();
    rig.clock.advance(DAY + 1);
    await rig.upkeep.runDue();
    rig.clock.advance(HOUR);
    expect(await rig.metadata.blobs.takeReclaimable(10)).toMatchObject([{ replicas: [{ backend: "a" }] }]);
    expect(far.traces().filter((trace) => trace.startsWith("b: "))).toEqual([]);
  });

  it("are deleted when the store that was down returns", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    await rig.put("key", bytes);
    await rig.metadata.objects.delete(rig.bucket.id, "key");
    await far.store("a").stop();
    await rig.fleet.probeNow();
    rig.clock.advance(DAY + 1);
    await rig.upkeep.runDue();
    await far.store("a").restart();
    await rig.fleet.probeNow();
    rig.clock.advance(HOUR);
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
    expect(await rig.metadata.blobs.takeReclaimable(10)).toEqual([]);
  });
});

/** Adds blobs without an object, with rows on these backends and no bytes. */
async function addGarbage({ metadata, bucket, name }: Rig, count: number, backends: readonly string[]): Promise<void> {
  const writer = await metadata.keyReservations.openWriter(MINUTE);
  const storageKeys = await metadata.keyReservations.reserve(writer, count);
  const content = { kind: "fresh", size: 1, etag: "e", digest: undefined, partSizes: undefined } as const;
  const rest = { touched: [], copies: backends.length, good: backends.length, scope: undefined, replaces: undefined };
  await Promise.all(
    storageKeys.map((storageKey) => name("key", { ...content, ...rest, storageKey, digest: storageKey, backends })),
  );
  await metadata.objects.delete(bucket.id, "key");
}

describe("many blobs without an object", () => {
  it("are deleted while others wait for a store that is missing", async () => {
    await using rig = await openRig({ graceMs: DAY });
    await addGarbage(rig, 600, ["elsewhere", "a"]);
    rig.clock.advance(1);
    await addGarbage(rig, 600, ["a", "b"]);
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    expect(await rig.metadata.stats.report(2)).toMatchObject({ reclaimableBytes: 600, replicas: 600 });
    rig.clock.advance(HOUR);
    expect(await rig.metadata.blobs.takeReclaimable(1000)).toHaveLength(600);
    await rig.metadata.backends.register("elsewhere", "identity");
    await rig.metadata.backends.setState("elsewhere", "removed");
    await rig.upkeep.runDue();
    expect(await rig.metadata.stats.report(2)).toMatchObject({ reclaimableBytes: 0, replicas: 0 });
  });

  it("are deleted in one sweep, ten thousand of them", async () => {
    await using rig = await openRig({ graceMs: DAY });
    await addGarbage(rig, 10_000, ["a", "b"]);
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    expect(await rig.metadata.stats.report(2)).toMatchObject({ reclaimableBytes: 0, replicas: 0 });
  }, 60_000);
});
