import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choosePlacement, isEnough, type Site } from "../../../src/blobs/replicas/placement.ts";

const site = (name: string, region: string, capacity = 1): Site => ({ name, region, capacity });
const sites = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    region: fc.constantFrom("x", "y", "z"),
    capacity: fc.integer({ min: 0, max: 100 }),
  }),
  { selector: ({ name }) => name },
);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("choosePlacement", () => {
  it("gives as many different sites as there are, in as many regions as there can be", () => {
    fc.assert(
      fc.property(sites, fc.integer({ min: 0, max: 4 }), fc.infiniteStream(random), (candidates, count, numbers) => {
        const chosen = choosePlacement(candidates, [], count, () => numbers.next().value ?? 0);
        expect(new Set(chosen.map(({ name }) => name)).size).toBe(Math.min(count, candidates.length));
        const regions = new Set(candidates.map(({ region }) => region)).size;
        expect(new Set(chosen.map(({ region }) => region)).size).toBe(Math.min(count, regions));
      }),
    );
  });

  it("never repeats what is held and goes to another region first", () => {
    const candidates = [site("a", "x"), site("b", "x"), site("c", "y")];
    for (const number of [0, 0.5, 0.999])
      expect(choosePlacement(candidates, [site("a", "x")], 1, () => number)).toEqual([site("c", "y")]);
    expect(choosePlacement(candidates, [site("a", "x"), site("c", "y")], 2, () => 0)).toEqual([site("b", "x")]);
  });

  it("draws in proportion to capacity", () => {
    let state = 1;
    const numbers = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const drawn = Array.from(
      { length: 4_000 },
      () => choosePlacement([site("small", "x", 1), site("large", "y", 3)], [], 1, numbers)[0]?.name,
    );
    const share = drawn.filter((name) => name === "large").length / drawn.length;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
  });

  it("still uses a full backend when nothing else is left", () => {
    expect(choosePlacement([site("full", "x", 0)], [], 2, Math.random)).toEqual([site("full", "x", 0)]);
  });
});

describe("isEnough", () => {
  const twoRegions = [site("a", "x"), site("b", "y")];
  const oneRegion = [site("a", "x"), site("b", "x")];
  it.each([
    [twoRegions, 2, 2, true],
    [oneRegion, 2, 2, false],
    [oneRegion, 2, 1, true],
    [oneRegion, 1, 2, true],
    [[site("a", "x")], 2, 1, false],
    [[...oneRegion, site("c", "y")], 3, 3, true],
    [[], 1, 1, false],
  ])("%j for %i copies of %i regions: %s", (held, needed, regions, expected) => {
    expect(isEnough(held, needed, regions)).toBe(expected);
  });
});
