import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackendPlace, judgeSafety, type Verdict } from "../../src/admin/safety.ts";
import type { HolderSet } from "../../src/metadata/holders.ts";

const up = { inPlace: true, attached: true, present: true };
const place = (name: string, change: Partial<BackendPlace> = {}): BackendPlace => ({
  name,
  region: name,
  ...up,
  ...change,
});
const away = { inPlace: false, present: true };
const longAway = { inPlace: false, present: false };
const draining = { attached: false, present: false };
const held = (...backends: string[]): HolderSet => ({ backends, blobs: 1, objects: 2, bytes: 3 });
const within = (regions: string[], ...backends: string[]): HolderSet => ({ ...held(...backends), wanted: { regions } });

describe("judgeSafety", () => {
  it.each<[what: string, sets: HolderSet[], places: BackendPlace[], verdict: Verdict, onlyHere: string, under: number]>(
    [
      ["two in place", [held("a", "b")], [place("a"), place("b")], "safe", "", 0],
      ["nothing stored", [], [place("a")], "safe", "", 0],
      ["one of two away for a moment", [held("a", "b")], [place("a"), place("b", away)], "at-risk", "a", 0],
      ["one of two away for long", [held("a", "b")], [place("a"), place("b", longAway)], "at-risk", "a", 1],
      ["two of three in place", [held("a", "b", "c")], [place("a"), place("b"), place("c", longAway)], "safe", "", 0],
      ["one good replica", [held("a")], [place("a"), place("b")], "at-risk", "a", 1],
      ["both away", [held("a", "b")], [place("a", away), place("b", away)], "unreadable", "a b", 0],
      ["the only one away", [held("a")], [place("a", longAway), place("b")], "unreadable", "a", 1],
      ["no good replica at all", [held()], [place("a"), place("b")], "lost", "", 1],
      ["one of two being emptied", [held("a", "b")], [place("a"), place("b", draining)], "at-risk", "a", 1],
      ["the only one being emptied", [held("b")], [place("a"), place("b", draining)], "at-risk", "b", 1],
      [
        "two elsewhere, one emptied",
        [held("a", "b", "c")],
        [place("a"), place("b"), place("c", draining)],
        "safe",
        "",
        0,
      ],
      ["a backend nobody knows", [held("a", "x")], [place("a"), place("b")], "at-risk", "a", 1],
      [
        "two in one region of two",
        [held("a", "b")],
        [place("a"), place("b", { region: "a" }), place("c")],
        "safe",
        "",
        1,
      ],
      ["one of two outside", [within(["a", "c"], "a", "b")], [place("a"), place("b"), place("c")], "at-risk", "a", 1],
      ["the only one outside, which is read", [within(["a"], "b")], [place("a"), place("b")], "at-risk", "b", 1],
      [
        "one outside, and the one inside away",
        [within(["a"], "a", "b")],
        [place("a", { inPlace: false }), place("b")],
        "unreadable",
        "a b",
        1,
      ],
      [
        "one outside beside two",
        [within(["a", "c"], "a", "b", "c")],
        [place("a"), place("b"), place("c")],
        "safe",
        "",
        0,
      ],
      ["two in the only region", [held("a", "b")], [place("a"), place("b", { region: "a" })], "safe", "", 0],
    ],
  )("%s", (_what, sets, places, verdict, onlyHere, under) => {
    const safety = judgeSafety(sets, places, { copies: 2 });
    expect(safety.verdict).toBe(verdict);
    expect(
      safety.backends
        .filter((backend) => backend.onlyHere.blobs > 0)
        .map(({ name }) => name)
        .join(" "),
    ).toBe(onlyHere);
    expect(safety.underReplicated).toEqual({ blobs: under, objects: 2 * under, bytes: 3 * under });
  });

  it("says that a backend may be lost exactly when every blob on it has another good copy in place", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const sets = fc.uniqueArray(
      fc.uniqueArray(name).map((names) => held(...names.sort())),
      {
        selector: ({ backends }) => backends.join(),
      },
    );
    const places = fc.tuple(
      ...["a", "b", "c", "d"].map((each) =>
        fc.constantFrom({}, away, longAway, draining).map((change) => place(each, change)),
      ),
    );
    fc.assert(
      fc.property(sets, places, (blobs, backends) => {
        const good = backends.filter(({ inPlace, attached }) => inPlace && attached).map(({ name: each }) => each);
        const { backends: judged, verdict } = judgeSafety(blobs, backends, { copies: 2 });
        for (const { name: each, onlyHere } of judged) {
          const endangered = blobs.filter(
            (blob) =>
              blob.backends.includes(each) &&
              good.filter((other) => other !== each && blob.backends.includes(other)).length === 0,
          );
          expect(onlyHere.blobs).toBe(endangered.length);
        }
        const isSafe = blobs.every((blob) => blob.backends.filter((each) => good.includes(each)).length >= 2);
        expect(verdict === "safe").toBe(isSafe);
      }),
    );
  });
});
