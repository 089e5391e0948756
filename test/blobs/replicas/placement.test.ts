import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choosePlacement, isEnough, type Placement } from "../../../src/blobs/replicas/placement.ts";

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
