// The history as lines, and numbers with their units.
import { describe, expect, it } from "vitest";
import { formatMark, formatRate, formatShare, formatValue } from "../../../src/console/screens/dashboard/numbers.ts";
import { familyShares, savedBytes, seriesOf } from "../../../src/console/screens/dashboard/series.ts";
import type { Sample } from "../../../src/contract/status.ts";

const sample = (minutes: number, change: Partial<Sample> = {}): Sample => ({
  at: new Date(minutes * 60_000).toISOString(),
  ...{ logicalBytes: 30, uniqueBytes: 20, storedBytes: 40, objects: 3, underReplicated: 0 },
  ...{ requests: 10, errors: 1, receivedBytes: 5, families: {}, latencyMs: { p50: 2, p99: 8 } },
  ...change,
});
const read = (redirected: number, proxied: number) => ({
  redirected: { requests: 1, bytes: redirected },
  proxied: { requests: 2, bytes: proxied },
});
const history = (...samples: Sample[]) => ({ stepSeconds: 300, samples });
const series = (title: string, ...samples: Sample[]) =>
  seriesOf(history(...samples)).find((one) => one.title === title) ?? expect.fail(title);

describe("lines", () => {
  it("begin where their steps begin", () => {
    const stored = series("What is stored", sample(5), sample(10, { logicalBytes: 60 }));
    expect(stored.times).toEqual([300, 600]);
    expect(stored.lines.map(({ values }) => values)).toEqual([
      [30, 60],
      [20, 20],
      [40, 40],
    ]);
  });

  it("have a gap where no gateway ran", () => {
    const { times, lines } = series("Requests", sample(5), sample(30));
    expect(times).toEqual([300, 600, 1800]);
    expect(lines[0]?.values).toEqual([10, undefined, 10]);
  });

  it("have no latency where nothing was asked", () => {
    const { lines } = series("Latency", sample(5, { latencyMs: undefined }), sample(10));
    expect(lines.map(({ values }) => values)).toEqual([
      [undefined, 2],
      [undefined, 8],
    ]);
  });

  it("add up the reads of all clients", () => {
    const { lines } = series("Reads", sample(5, { families: { curl: read(1, 2), rclone: read(10, 20) } }));
    expect(lines.map(({ values }) => values[0])).toEqual([11, 22]);
  });
});

it("clients are ordered by what they read over the whole time", () => {
  const shares = familyShares(
    history(
      sample(5, { families: { curl: read(0, 5), none: read(0, 0) } }),
      sample(10, { families: { rclone: read(30, 10), curl: read(0, 5) } }),
    ),
  );
  expect(shares.map(({ family, requests, share }) => [family, requests, share])).toEqual([
    ["rclone", 3, 0.75],
    ["curl", 6, 0],
    ["none", 3, undefined],
  ]);
});

it("deduplication saves the sum of sizes without what is unique, and never less than nothing", () => {
  expect(savedBytes({ logicalBytes: 30, uniqueBytes: 20 })).toBe(10);
  expect(savedBytes({ logicalBytes: 20, uniqueBytes: 30 })).toBe(0);
});

it("numbers have units", () => {
  expect([
    formatValue(1536, "bytes"),
    formatValue(12_000, "count"),
    formatValue(0.25, "ms"),
    formatValue(12.34, "ms"),
    formatValue(30_000, "ms"),
    formatValue(undefined, "ms"),
  ]).toEqual(["1.50 KiB", "12,000", "250 µs", "12.3 ms", "30 s", "–"]);
  expect([0, 0.001, 0.5, 0.999, 1].map(formatShare)).toEqual(["0 %", "under 1 %", "50 %", "over 99 %", "100 %"]);
  expect([41.2, 0.05, 0.001].map(formatRate)).toEqual(["41/s", "3/min", "4/h"]);
});

it("marks are times of the day, and days at midnight and where they are days apart", () => {
  const seconds = (hours: number) => new Date(2026, 10, 27, hours).getTime() / 1000;
  expect([formatMark(seconds(14), 3600), formatMark(seconds(0), 3600), formatMark(seconds(14), 86_400)]).toEqual([
    "14:00",
    "27 Nov",
    "27 Nov",
  ]);
});
