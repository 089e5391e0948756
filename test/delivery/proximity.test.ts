import { describe, expect, it } from "vitest";
import {
  type Candidate,
  distanceKm,
  FROM_A_PLACE,
  FROM_ANYWHERE,
  FROM_THE_GATEWAY,
  orderByProximity,
} from "../../src/delivery/proximity.ts";

const places = {
  amsterdam: { latitude: 52.37, longitude: 4.9 },
  brussels: { latitude: 50.85, longitude: 4.35 },
  toronto: { latitude: 43.65, longitude: -79.38 },
  singapore: { latitude: 1.35, longitude: 103.82 },
} as const;

function at(region: keyof typeof places, change: Partial<Candidate> = {}): Candidate {
  return {
    name: region,
    region,
    coordinates: places[region],
    latencyMs: undefined,
    egressCost: 0,
    capacity: 1,
    ...change,
  };
}
const names = (candidates: readonly Candidate[]) => candidates.map(({ name }) => name);
const never = () => {
  throw new Error("drawn");
};

describe("orderByProximity", () => {
  it("puts the nearest first by great circle", () => {
    const place = { region: undefined, coordinates: places.brussels };
    expect(names(orderByProximity([at("singapore"), at("toronto"), at("amsterdam")], place, Math.random))).toEqual([
      "amsterdam",
      "toronto",
      "singapore",
    ]);
  });

  it("puts a mapped region before a nearer one", () => {
    const place = { region: "singapore", coordinates: places.amsterdam };
    expect(names(orderByProximity([at("amsterdam"), at("singapore")], place, Math.random))).toEqual([
      "singapore",
      "amsterdam",
    ]);
  });

  it("prefers the faster of two within one distance step", () => {
    const place = { region: undefined, coordinates: places.toronto };
    const slow = at("amsterdam", { name: "slow", latencyMs: 80 });
    const fast = at("amsterdam", { name: "fast", latencyMs: 12 });
    expect(names(orderByProximity([slow, fast], place, Math.random))).toEqual(["fast", "slow"]);
  });

  it.each([
    ["nothing is known of the client", undefined],
    ["they are equally far from it", places.toronto],
  ])("prefers the one that is clearly quicker where %s", (_, coordinates) => {
    const place = { region: undefined, coordinates };
    const slow = at("amsterdam", { name: "slow", latencyMs: 1000, capacity: 1e9 });
    const fast = at("amsterdam", { name: "fast", latencyMs: 2 });
    const between = at("amsterdam", { name: "between", latencyMs: 40, capacity: 1e6 });
    expect(names(orderByProximity([slow, between, fast], place, Math.random))).toEqual(["fast", "between", "slow"]);
  });

  it("prefers a near one that is slow to a far one that is quick", () => {
    const near = at("amsterdam", { latencyMs: 300 });
    const far = at("toronto", { latencyMs: 2 });
    const place = { region: undefined, coordinates: places.brussels };
    expect(names(orderByProximity([far, near], place, Math.random))).toEqual(["amsterdam", "toronto"]);
  });

  it.each([
    [1, 2, 10, true],
    [9, 11, 10, true],
    [1, 11.9, 10, true],
    [1, 12.1, 10, false],
    [90, 180, 10, true],
    [90, 200, 10, false],
    [1, 400, 500, true],
    [1, 1000, 500, false],
  ])("calls %s and %s ms equal, when %s ms are similar: %s", (one, other, similarMs, isEqual) => {
    const pair = [
      at("amsterdam", { name: "one", latencyMs: one }),
      at("amsterdam", { name: "other", latencyMs: other }),
    ];
    const place = { region: undefined, coordinates: undefined };
    // Of equals the second is drawn: the draw that is least.
    const draws = [0.9, 0.1];
    const first = names(orderByProximity(pair, place, () => draws.shift() ?? 0, { ...FROM_A_PLACE, similarMs }))[0];
    expect(first).toBe(isEqual ? "other" : "one");
  });

  it("prefers the cheaper of two that are as near and as quick, but not where a client may be anywhere", () => {
    const pair = [
      at("amsterdam", { name: "dear", egressCost: 0.09 }),
      at("amsterdam", { name: "cheap", egressCost: 0.01 }),
    ];
    const quick = at("amsterdam", { name: "quick", egressCost: 1, latencyMs: 0 });
    const slow = pair.map((one) => ({ ...one, latencyMs: 100 }));
    const there = { region: undefined, coordinates: places.brussels };
    const nowhere = { region: undefined, coordinates: undefined };
    expect(names(orderByProximity(pair, there, () => 0.5))).toEqual(["cheap", "dear"]);
    expect(names(orderByProximity([...slow, quick], there, () => 0.5))).toEqual(["quick", "cheap", "dear"]);
    const draws = [0.1, 0.9];
    expect(names(orderByProximity(pair, nowhere, () => draws.shift() ?? 0, FROM_ANYWHERE))).toEqual(["dear", "cheap"]);
  });

  it("puts the quicker first for the gateway, then the cheaper, then the nearer one to the client", () => {
    const client = { region: undefined, coordinates: places.brussels };
    const order = (...changes: Partial<Candidate>[]) =>
      names(
        orderByProximity(
          [at("amsterdam", changes[0]), at("toronto", changes[1]), at("singapore", changes[2])],
          client,
          () => 0.5,
          FROM_THE_GATEWAY,
        ),
      );
    expect(order()).toEqual(["amsterdam", "toronto", "singapore"]);
    expect(order({ latencyMs: 90 }, { latencyMs: 20 }, { latencyMs: 1 })).toEqual([
      "singapore",
      "toronto",
      "amsterdam",
    ]);
    expect(order({ egressCost: 2 }, { egressCost: 1 })).toEqual(["singapore", "toronto", "amsterdam"]);
  });

  it("shares the load by capacity among equals, and when nothing is known of the client", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (const coordinates of [undefined, places.amsterdam]) {
      let heavy = 0;
      const pair = [
        at("amsterdam", { name: "light", latencyMs: 11 }),
        at("amsterdam", { name: "heavy", capacity: 3, latencyMs: 19 }),
      ];
      for (let index = 0; index < 4000; index++)
        if (names(orderByProximity(pair, { region: undefined, coordinates }, random))[0] === "heavy") heavy += 1;
      expect(heavy / 4000).toBeGreaterThan(0.7);
      expect(heavy / 4000).toBeLessThan(0.8);
    }
  });

  it("draws nothing for a single candidate", () => {
    expect(names(orderByProximity([at("toronto")], { region: undefined, coordinates: undefined }, never))).toEqual([
      "toronto",
    ]);
  });
});

describe("distanceKm", () => {
  it.each([
    ["amsterdam", "toronto", 5990],
    ["amsterdam", "singapore", 10_505],
    ["amsterdam", "amsterdam", 0],
  ] as const)("%s to %s is about %d km", (from, to, km) => {
    expect(Math.abs(distanceKm(places[from], places[to]) - km)).toBeLessThan(25);
  });

  it("holds for opposite points", () => {
    expect(distanceKm({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 0 })).toBeCloseTo(Math.PI * 6371, 5);
  });
});
