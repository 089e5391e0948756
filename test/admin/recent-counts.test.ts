import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { perSecond, watchCounts } from "../../src/admin/recent-counts.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells a rate by the shortest time in which anything happened", () => {
  const counts = new Map<string, number>();
  const recent = watchCounts(() => counts, Date.now);
  expect(perSecond(recent, "copy")).toBeUndefined();
  const work = (seconds: number, each: number) => {
    for (let second = 0; second < seconds; second++) {
      counts.set("copy", (counts.get("copy") ?? 0) + each);
      vi.advanceTimersByTime(1000);
    }
  };
  work(600, 3);
  expect(perSecond(recent, "copy")).toBeCloseTo(3, 1);
  work(80, 20);
  expect(perSecond(recent, "copy")).toBeCloseTo(20, 1);
  work(200, 0);
  const slow = perSecond(recent, "copy") ?? 0;
  expect(slow).toBeGreaterThan(0);
  expect(slow).toBeLessThan(10);
  work(1200, 0);
  expect(perSecond(recent, "copy")).toBeUndefined();
});

it("counts growth from its own start on", () => {
  const counts = new Map([["toronto unavailable", 7]]);
  const recent = watchCounts(() => counts, Date.now);
  counts.set("toronto unavailable", 9);
  counts.set("amsterdam corrupt", 1);
  expect(recent.growth("toronto unavailable", 300_000).count).toBe(2);
  expect(recent.growth("amsterdam corrupt", 300_000).count).toBe(1);
  expect(recent.growth("nothing", 300_000)).toEqual({ count: 0, ms: 0 });
});
