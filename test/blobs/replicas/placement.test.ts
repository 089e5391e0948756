import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../../src/backends/backend.ts";
import { type FleetMember, openFleet } from "../../../src/backends/fleet.ts";
import { MemoryBackend } from "../../../src/backends/memory/backend.ts";
import {
  chooseMembers,
  choosePlacement,
  isEnough,
  isLastResort,
  type Placement,
  placementOf,
} from "../../../src/blobs/replicas/placement.ts";
import { openLog } from "../../../src/log.ts";

const placement = (name: string, region: string, capacity = 1): Placement => ({ name, region, capacity });
const placements = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    region: fc.constantFrom("x", "y", "z"),
    capacity: fc.integer({ min: 0, max: 100 }),
  }),
  { selector: ({ name }) => name },
);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("choosePlacement", () => {
  it("gives as many different placements as there are, in as many regions as there can be", () => {
    fc.assert(
      fc.property(
        placements,
        fc.integer({ min: 0, max: 4 }),
        fc.infiniteStream(random),
        (candidates, count, numbers) => {
          const chosen = choosePlacement(candidates, [], count, () => numbers.next().value ?? 0);
          expect(new Set(chosen.map(({ name }) => name)).size).toBe(Math.min(count, candidates.length));
          const regions = new Set(candidates.map(({ region }) => region)).size;
          expect(new Set(chosen.map(({ region }) => region)).size).toBe(Math.min(count, regions));
        },
      ),
    );
  });

  it("never repeats a backend that has a copy, and prefers another region", () => {
    const candidates = [placement("a", "x"), placement("b", "x"), placement("c", "y")];
    for (const number of [0, 0.5, 0.999])
      expect(choosePlacement(candidates, [placement("a", "x")], 1, () => number)).toEqual([placement("c", "y")]);
    expect(choosePlacement(candidates, [placement("a", "x"), placement("c", "y")], 2, () => 0)).toEqual([
      placement("b", "x"),
    ]);
  });

  it("draws in proportion to capacity", () => {
    let state = 1;
    const numbers = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const drawn = Array.from(
      { length: 4_000 },
      () => choosePlacement([placement("small", "x", 1), placement("large", "y", 3)], [], 1, numbers)[0]?.name,
    );
    const share = drawn.filter((name) => name === "large").length / drawn.length;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
  });

  it("still uses a full backend when nothing else is left", () => {
    expect(choosePlacement([placement("full", "x", 0)], [], 2, Math.random)).toEqual([placement("full", "x", 0)]);
  });
});

const GIB = 1024 ** 3;

/** Members of a fleet by name, each in a region of its own, with so much room of so much. */
function membersOf(spaces: Readonly<Record<string, readonly [free: number, total: number]>>): readonly FleetMember[] {
  const names = Object.keys(spaces);
  const backends: readonly Backend[] = names.map(
    (name) => new MemoryBackend({ name, region: name, sizeBytes: spaces[name]?.[1] }),
  );
  const regions = names.map((name) => ({ name, latitude: 0, longitude: 0 }));
  const fleet = openFleet({ backends, regions, log: openLog("silent"), probeIntervalMs: 3_600_000 });
  fleet.setUsed(new Map(Object.entries(spaces).map(([name, [free, total]]) => [name, total - free] as const)));
  return fleet.members();
}

describe("a member's placement", () => {
  it("weighs its capacity by the share that is free; one whose room nobody knows counts as empty", () => {
    const [member] = membersOf({ a: [GIB, 4 * GIB] });
    if (member === undefined) throw new Error("no member");
    expect(placementOf(member)).toEqual({ name: "a", region: "a", capacity: 0.25 });
    const [unknown] = membersOf({ a: [0, 0] });
    expect(unknown && placementOf(unknown).capacity).toBe(1);
  });

  it.each([
    ["1 % of a small one", 100 * GIB, 1.02, false],
    ["1 % of a small one", 100 * GIB, 0.98, true],
    ["1 GiB of a large one", 10_000 * GIB, 1.02, false],
    ["1 GiB of a large one", 10_000 * GIB, 0.98, true],
  ])("is a last resort below %s: %d bytes, %d GiB free beside the write", (_, total, free, expected) => {
    const size = 5 * GIB;
    const [member] = membersOf({ a: [free * GIB + size, total] });
    expect(member && isLastResort(member, size)).toBe(expected);
  });
});

describe("chooseMembers", () => {
  const names = (chosen: readonly Placement[]) => chosen.map(({ name }) => name).sort();
  const members = membersOf({ a: [0, GIB], b: [GIB, GIB], c: [GIB, GIB] });
  it("leaves out a last resort while the others are enough, and takes it when they are not", () => {
    for (let n = 0; n < 20; n++) {
      const choose = (some: readonly FleetMember[], needed: number) =>
        names(chooseMembers(some, [], { count: 2, size: 1 }, Math.random, (held) => held.length >= needed));
      expect(choose(members, 2)).toEqual(["b", "c"]);
      expect(choose(members.slice(0, 2), 1)).toEqual(["b"]);
      expect(choose(members.slice(0, 2), 2)).toEqual(["a", "b"]);
    }
  });
});

describe("isEnough", () => {
  const twoRegions = [placement("a", "x"), placement("b", "y")];
  const oneRegion = [placement("a", "x"), placement("b", "x")];
  it.each([
    [twoRegions, 2, 2, true],
    [oneRegion, 2, 2, false],
    [oneRegion, 2, 1, true],
    [oneRegion, 1, 2, true],
    [[placement("a", "x")], 2, 1, false],
    [[...oneRegion, placement("c", "y")], 3, 3, true],
    [[], 1, 1, false],
  ])("%j for %i copies of %i regions: %s", (held, needed, regions, expected) => {
    expect(isEnough(held, needed, regions)).toBe(expected);
  });
});
