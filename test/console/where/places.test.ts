// What the map and its table show of backends and copies.
import { describe, expect, it } from "vitest";
import { standingOf } from "../../../src/console/screens/fleet/standing.ts";
import { answerWords, formatKm, formatMs, groupPlaces, placesOf } from "../../../src/console/screens/where/places.ts";
import { CLIENTS, explainQueryOf, readDegrees } from "../../../src/console/screens/where/question.ts";
import type { Explanation } from "../../../src/contract/explain.ts";
import type { BackendStatusDocument } from "../../../src/contract/status.ts";

const at = { latitude: 1, longitude: 2 };
const calls = { state: "closed" } as const;
const live = { up: true, writable: true, recentErrors: 0, reads: calls, writes: calls };

function backend(name: string, change: Partial<BackendStatusDocument> = {}): BackendStatusDocument {
  const onlyHere = { blobs: 0, objects: 0, bytes: 0 };
  const counts = { replicas: 0, bytes: 0, onlyHere, lostReplicas: 0, safeToLose: true, configured: true };
  return { name, region: name, coordinates: at, state: "attached", ...counts, live, ...change };
}

const replica = (name: string) => ({ backend: name, region: name, coordinates: at, distanceKm: 12.4, latencyMs: 3 });
const explained: Pick<Explanation, "replicas" | "answer"> = {
  replicas: [replica("b"), replica("c")],
  answer: { kind: "redirect", backend: "b", rule: "14-client", because: "it follows" },
};

describe("places", () => {
  it("are all backends, with the copies of the object and the one that is read", () => {
    const found = placesOf([backend("a"), backend("b")], explained);
    expect(found.map(({ backend: name, copy, isChosen, standing }) => [name, !!copy, isChosen, standing])).toEqual([
      ["a", false, false, "up"],
      ["b", true, true, "up"],
      ["c", true, false, undefined],
    ]);
  });

  it("are those with a copy where the fleet is not told, and none before an object is chosen", () => {
    expect(placesOf(undefined, explained).map((place) => place.backend)).toEqual(["b", "c"]);
    expect(placesOf(undefined, undefined)).toEqual([]);
  });

  it("are grouped where they stand at the same place; those without a place are not drawn", () => {
    const elsewhere = { latitude: 5, longitude: 6 };
    const all = [
      backend("a"),
      backend("b", { coordinates: elsewhere }),
      backend("c"),
      backend("d", { coordinates: undefined }),
    ];
    const groups = groupPlaces(placesOf(all, undefined)).map((group) => group.map((place) => place.backend));
    expect(groups).toEqual([["a", "c"], ["b"]]);
  });
});

it.each([
  ["up", {}],
  ["draining", { state: "draining" }],
  ["away", { state: "draining", live: { ...live, up: false } }],
  ["read-only", { live: { ...live, writable: false } }],
  ["removed", { state: "removed", live: { ...live, up: false } }],
  ["unknown", { state: "not registered" }],
  ["unknown", { live: undefined }],
] as const)("a backend is %s with %j", (word, change) => {
  expect(standingOf(backend("a", change))).toBe(word);
});

it("the answer is told in a line", () => {
  const { answer } = explained;
  expect(answerWords({ answer })).toBe("Sent to b by a redirect");
  expect(answerWords({ answer: { ...answer, kind: "proxy" } })).toBe("Read from b, through the gateway");
  expect(answerWords({ answer: { ...answer, kind: "proxy", backend: undefined } })).toBe("No copy can be read now");
});

it("distances and latencies have units, or are not known", () => {
  expect([formatKm(12_955.6), formatKm(undefined), formatMs(11.4), formatMs(undefined)]).toEqual([
    "12,956 km",
    "not known",
    "11 ms",
    "not known",
  ]);
});

describe("the question", () => {
  const object = { bucket: "photos", key: "cat", client: CLIENTS[0] ?? expect.fail() };

  it("carries a place, an address, or neither", () => {
    const place = explainQueryOf({ ...object, from: { kind: "place", coordinates: at } });
    expect(place).toMatchObject({ latitude: 1, longitude: 2, address: undefined, authentication: "query" });
    const address = explainQueryOf({ ...object, from: { kind: "address", address: "192.0.2.1" } });
    expect(address).toMatchObject({ latitude: undefined, address: "192.0.2.1" });
    const here = explainQueryOf({ ...object, from: { kind: "here" } });
    expect(here).toMatchObject({ bucket: "photos", key: "cat", latitude: undefined, address: undefined });
  });

  it.each([
    ["1.35", 90, 1.35],
    [" -33,9 ", 90, -33.9],
    ["91", 90, undefined],
    ["-180", 180, -180],
    ["", 180, undefined],
    ["north", 90, undefined],
  ] as const)("reads %j of at most %d degrees as %s", (text, limit, degrees) => {
    expect(readDegrees(text, limit)).toBe(degrees);
  });
});
