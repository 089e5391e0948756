import { describe, expect, it } from "vitest";
import type { KnownBackend } from "../../src/admin/known-backends.ts";
import { planRepair } from "../../src/admin/repair-plan.ts";
import type { HolderSet } from "../../src/metadata/holders.ts";
import type { Wanted } from "../../src/wanted.ts";

const MINUTE = 60_000;
const now = new Date("2026-11-27T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * MINUTE);
const held = (...backends: string[]): HolderSet => ({ backends, blobs: 1, objects: 2, bytes: 3 });
const wanting = (wanted: Wanted, ...backends: string[]): HolderSet => ({ ...held(...backends), wanted });

/** In a region of its own; `away`: for so many minutes. */
const backend = (name: string, away?: number, change: Partial<KnownBackend> = {}): KnownBackend => ({
  ...{ name, region: name, state: "attached", isConfigured: true, draining: false, up: away === undefined },
  ...{ writable: undefined, why: undefined, identity: name, seenAt: ago(away ?? 0), lostSince: undefined },
  ...{ latencyMs: undefined, recentErrors: undefined, reads: undefined, writes: undefined, space: undefined },
  ...change,
});
const three = (...away: (number | undefined)[]) => ["a", "b", "c"].map((name, index) => backend(name, away[index]));

describe("planRepair", () => {
  it.each<[what: string, sets: HolderSet[], backends: KnownBackend[], copies: number, inMinutes: number | undefined]>([
    ["none is away", [held("a", "b")], three(), 2, undefined],
    ["one is away for three of ten minutes", [held("a", "b")], three(undefined, 3), 2, 7],
    ["what it holds has copies enough", [held("a", "b", "c")], three(undefined, 3), 2, undefined],
    ["three copies are wanted of three", [held("a", "b", "c")], three(undefined, 3), 3, undefined],
    ["there is no third", [held("a", "b")], three(undefined, 3).slice(0, 2), 2, undefined],
    ["one copy of three is on it", [wanting({ copies: 3 }, "a", "b", "c")], [...three(1), backend("d")], 2, 9],
    [
      "the third is in no region of its own",
      [wanting({ regions: ["a", "b"] }, "a", "b")],
      three(undefined, 3),
      2,
      undefined,
    ],
    ["the third is in one", [wanting({ regions: ["a", "b", "c"] }, "a", "b")], three(undefined, 3), 2, 7],
    ["repair is under way", [held("a", "b")], three(undefined, 11), 2, undefined],
    ["no copy can be read", [held("a", "b")], three(3, 3), 2, undefined],
    ["one is away for longer than the other", [held("a", "c"), held("b", "c")], [...three(1, 3), backend("d")], 2, 7],
    ["the first to go holds nothing", [held("a", "c")], [...three(1, 3), backend("d")], 2, 9],
    ["it is being emptied", [held("a", "b")], [...three(), backend("d", 3, { draining: true })], 2, undefined],
    [
      "no gateway says",
      [held("a", "b")],
      [backend("a"), backend("b", 3, { up: undefined }), backend("c")],
      2,
      undefined,
    ],
  ])("%s", (_what, sets, backends, copies, inMinutes) => {
    const plan = planRepair({ sets, backends, rule: { copies }, graceMs: 10 * MINUTE, now });
    expect(plan).toEqual(
      inMinutes === undefined ? undefined : { beginsAt: ago(-inMinutes), of: { blobs: 1, objects: 2, bytes: 3 } },
    );
  });
});
