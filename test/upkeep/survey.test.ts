// The walk over all blobs continues where it was interrupted, unless other backends count in the meantime.
// Shows I12 of docs/durability.md.
import { describe, expect, it } from "vitest";
import { sightOf } from "../../src/upkeep/survey.ts";
import { digestOf, etagOf } from "../support/content.ts";
import { openRig, type Rig } from "../support/rig.ts";

const DAY = 86_400_000;

/** Objects "0" to "2" with one copy each, and no jobs for more. */
async function withFew(rig: Rig): Promise<readonly number[]> {
  const writer = await rig.metadata.keyReservations.openWriter(DAY);
  const ids: number[] = [];
  for (const [at, storageKey] of (await rig.metadata.keyReservations.reserve(writer, 3)).entries()) {
    const text = String(at);
    const content = { kind: "fresh", storageKey, size: 1, etag: etagOf(text), digest: digestOf(text) } as const;
    const rest = {
      partSizes: undefined,
      backends: ["a"],
      touched: [],
      copies: 1,
      good: 1,
      scope: undefined,
      replaces: undefined,
    };
    const sink = rig.backend("a").write(storageKey, 1);
    await sink.write(Buffer.from(text));
    await sink.finish();
    await rig.name(text, { ...content, ...rest });
    ids.push((await rig.blobOf(text)).id);
  }
  return ids;
}

const verifiedOf = async (rig: Rig, key: string) =>
  (await rig.blobOf(key)).replicas.filter(({ state }) => state === "verified");

const copied = async (rig: Rig) => {
  const blobs = await Promise.all(["0", "1", "2"].map((key) => rig.blobOf(key)));
  return blobs.map(({ replicas }) => replicas.filter(({ state }) => state === "verified").length);
};

describe("the survey", () => {
  it("continues where it was interrupted", async () => {
    await using rig = await openRig();
    const [, second = 0] = await withFew(rig);
    await rig.metadata.jobs.add({
      kind: "survey",
      sight: sightOf({ fleet: rig.fleet, copies: 2 }),
      after: second,
      few: 7,
    });
    await rig.upkeep.runDue();
    expect(await copied(rig)).toEqual([1, 1, 2]);
    expect(await rig.metadata.jobs.foundFew()).toBe(8);
    rig.clock.advance(3_600_000);
    await rig.upkeep.runDue();
    expect(await copied(rig)).toEqual([2, 2, 2]);
    expect(await rig.metadata.jobs.foundFew()).toBe(2);
  });

  it("starts again when other backends count than before", async () => {
    await using rig = await openRig();
    const [, second = 0] = await withFew(rig);
    await rig.metadata.jobs.add({ kind: "survey", sight: '[2,"a","b"]', after: second, few: 7 });
    await rig.upkeep.runDue();
    expect(await copied(rig)).toEqual([2, 2, 2]);
    expect(await rig.metadata.jobs.foundFew()).toBe(3);
  });

  it("starts at once when another store takes the place of a lost one", async () => {
    await using rig = await openRig();
    await rig.put("0", Buffer.from("one"));
    await rig.upkeep.runDue();
    const { replicas } = await rig.blobOf("0");
    const [{ backend = "" } = {}] = replicas;
    const { backends } = rig.metadata;
    const former = (await backends.list()).find(({ name }) => name === backend)?.identity ?? "";
    await backends.loseReplicas(backend, 10);
    await backends.replace(backend, former, "another-identity");
    await rig.upkeep.runDue();
    expect(await verifiedOf(rig, "0")).toHaveLength(1);
    rig.fleet.setRegistrations(await backends.list());
    await rig.upkeep.runDue();
    expect(await verifiedOf(rig, "0")).toHaveLength(2);
  });
});
