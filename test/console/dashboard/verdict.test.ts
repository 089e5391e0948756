// The safety verdict in words.
import { describe, expect, it } from "vitest";
import { clockTime } from "../../../src/console/screens/dashboard/clock.ts";
import { verdictOf } from "../../../src/console/screens/dashboard/verdict.ts";

type Status = Parameters<typeof verdictOf>[0];

const none = { blobs: 0, objects: 0, bytes: 0 };
const some = (objects: number) => ({ blobs: objects, objects, bytes: objects * 1024 });
const now = new Date(2026, 10, 27, 13, 50).toISOString();

const status = (change: Partial<Status>): Status => ({
  ...{ verdict: "safe", now, copies: 2, stored: some(1200), jobs: [], backends: [], goneRegions: [] },
  ...{
    atRisk: none,
    unreadable: none,
    lost: none,
    underReplicated: none,
    safeAt: undefined,
    repairBeginsAt: undefined,
  },
  ...change,
});
const copyJob = { kind: "copy", waiting: 3, oldest: now, attempts: 0 };
const words = (change: Partial<Status>) => verdictOf(status(change)).lines;

describe("the verdict", () => {
  it("is good where any backend may be lost", () => {
    expect(verdictOf(status({}))).toEqual({
      kind: "safe",
      word: "Safe",
      lines: ["Any one backend may be lost now. 1,200 objects (1.17 MiB) are stored."],
    });
    expect(words({ underReplicated: some(1) }).at(-1)).toBe("1 object has fewer copies than wanted.");
    expect(words({ stored: none })).toEqual(["Nothing is stored yet."]);
    expect(words({ verdict: "unknown" })[0]).toMatch(/^By the database alone/);
  });

  it("tells of regions that no backend is in any more", () => {
    const gone = { region: "eu", blobs: 2, copiesOn: ["one"], outside: 0 };
    expect(words({ goneRegions: [gone] }).at(-1)).toBe(
      "No backend is in the region eu, where 2 blobs must stand. Copies on one do not count: was it given another name?",
    );
  });

  it("says when the journal is behind, or the database older than the backends", () => {
    const journal = {
      ...{ mode: "interval" as const, writtenTo: [], complete: [], isOlder: false, waiting: 3 },
    };
    expect(words({ journal: { ...journal } })).toEqual(words({}));
    const behind = { ...journal, behindSince: now, reason: "no backend is up" };
    expect(words({ journal: behind }).at(-1)).toMatch(/^Since .+ the journal cannot be written: no backend is up\.$/);
    expect(words({ journal: { ...behind, isOlder: true } }).at(-1)).toMatch(/^Backends hold what was written after/);
  });

  it("says what stands on one copy, and when it is safe again", () => {
    const safeAt = new Date(2026, 10, 27, 14, 7).toISOString();
    expect(words({ verdict: "at-risk", atRisk: some(312), safeAt, jobs: [copyJob] })).toEqual([
      "312 of 1,200 objects (312 KiB) have only one good copy in place. Safe again about 14:07.",
    ]);
  });

  it.each([
    ["Because copies is 1", { copies: 1 }],
    ["They have as many copies as they should", {}],
    ["No repair is planned yet", { underReplicated: some(1) }],
    ["When they are safe again cannot be told", { underReplicated: some(1), jobs: [copyJob] }],
  ])("says %j where no time can be told", (text, change) => {
    expect(words({ verdict: "at-risk", atRisk: some(1), ...change })[0]).toContain(text);
  });

  it.each([
    [6.2, "in 7 minutes"],
    [0.2, "in 1 minute"],
    [0, "now"],
    [600, "at 23:50"],
  ])("counts the time until repair begins: %d minutes", (minutes, told) => {
    const repairBeginsAt = new Date(Date.parse(now) + minutes * 60_000).toISOString();
    const planned = { repairBeginsAt, toRepair: some(3) };
    const [line = ""] = words({ verdict: "at-risk", atRisk: some(1), ...planned });
    expect(line.slice(line.indexOf("Repair"))).toBe(`Repair of 3 objects begins ${told}.`);
    expect(words(planned).at(-1)).toBe(`Repair of 3 objects begins ${told}.`);
  });

  it("tells each kind of trouble without the worse ones that it contains", () => {
    const calls = { state: "closed" } as const;
    const live = { up: false, writable: false, recentErrors: 0, reads: calls, writes: calls };
    const counts = { replicas: 9, bytes: 9, lostReplicas: 0, safeToLose: false, configured: true };
    const backend = { name: "toronto", state: "attached", onlyHere: some(5), live, ...counts } as const;
    const trouble = { atRisk: some(9), unreadable: some(6), lost: some(2) };
    expect(words({ verdict: "lost", ...trouble, backends: [backend] })).toEqual([
      "2 objects (2.00 KiB) are lost: no backend holds a good copy.",
      "4 objects (4.00 KiB) cannot be read: all their copies are on backends that are away. Bring back toronto.",
      "3 of 1,200 objects (3.00 KiB) have only one good copy in place. No repair is planned yet.",
    ]);
  });
});

it("a time of another day has its day", () => {
  expect(clockTime(new Date(2026, 10, 27, 9, 5).toISOString(), now)).toBe("09:05");
  expect(clockTime(new Date(2026, 10, 28, 9, 5).toISOString(), now)).toBe("28 Nov, 09:05");
});
