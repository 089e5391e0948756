// The rate of background reading, on a driven clock: even, shared, and low while requests are under way.
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openRate } from "../../src/upkeep/rate.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const CHUNK = 64 * KIB;

interface Options {
  readonly bytesPerSecond?: number;
  readonly isBusy?: (now: number) => boolean;
  /** How much later than asked each pause ends. */
  readonly lateMs?: number;
}

/** A rate and readers that read chunks at it without an end, on a clock that moves when all of them wait. */
function openReaders({ bytesPerSecond = 64 * MIB, isBusy = () => false, lateMs = 0 }: Options = {}) {
  let now = 1000;
  const pauses: { readonly until: number; readonly wake: () => void }[] = [];
  const rate = openRate({
    bytesPerSecond,
    isBusy: () => isBusy(now),
    monotonicMs: () => now,
    pause: (ms) => new Promise((wake) => void pauses.push({ until: now + ms + lateMs, wake })),
  });
  const reads: { readonly reader: number; readonly at: number }[] = [];
  const read = async (reader: number) => {
    for (;;) {
      reads.push({ reader, at: now });
      await rate(CHUNK);
    }
  };
  return {
    rate,
    reads,
    start(count: number) {
      for (let reader = 0; reader < count; reader++) void read(reader);
    },
    /** Lets the clock run; resolves with the bytes per second that were read meanwhile. */
    async run(ms: number): Promise<number> {
      const [end, before] = [now + ms, reads.length];
      for (;;) {
        await nextTurn();
        const next = pauses.reduce((a, b) => (b.until < a.until ? b : a), { until: end, wake: () => undefined });
        now = Math.min(next.until, end);
        if (next.until >= end) break;
        pauses.splice(pauses.indexOf(next), 1);
        next.wake();
      }
      return ((reads.length - before) * CHUNK * 1000) / ms;
    },
    idle(ms: number) {
      now += ms;
    },
  };
}

/** Within 3 %. */
function expectNear(value: number, expected: number): void {
  expect(value).toBeGreaterThan(expected * 0.97);
  expect(value).toBeLessThan(expected * 1.03);
}

describe("the rate of background reading", () => {
  it.each([1, 8])("is kept by %i readers, who have equal shares of it", async (count) => {
    const readers = openReaders();
    readers.start(count);
    expectNear(await readers.run(10_000), 64 * MIB);
    const shares = Array.from({ length: count }, (_, at) => readers.reads.filter(({ reader }) => reader === at).length);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  });

  it("comes evenly: no more than a few milliseconds of it at once", async () => {
    const readers = openReaders();
    readers.start(8);
    await readers.run(1000);
    readers.reads.splice(0);
    await readers.run(1000);
    const atOnce = new Map<number, number>();
    for (const { at } of readers.reads) atOnce.set(at, (atOnce.get(at) ?? 0) + 1);
    expect(Math.max(...atOnce.values())).toBeLessThanOrEqual(5);
  });

  it("does not accumulate while nothing is read", () => {
    const readers = openReaders({ bytesPerSecond: 1000 });
    readers.idle(60_000);
    expect(readers.rate(1000)).toBeUndefined();
    expect(readers.rate(1)).toBeInstanceOf(Promise);
  });

  it("may have no end", () => {
    const { rate } = openReaders({ bytesPerSecond: Number.POSITIVE_INFINITY, isBusy: () => true });
    for (let at = 0; at < 100; at++) expect(rate(MIB)).toBeUndefined();
  });
});

describe("while requests are under way, it", () => {
  it("is an eighth, and the whole again as soon as they are over", async () => {
    let busy = true;
    const readers = openReaders({ isBusy: () => busy });
    readers.start(8);
    expectNear(await readers.run(10_000), 8 * MIB);
    busy = false;
    expectNear(await readers.run(1000), 64 * MIB);
    busy = true;
    expectNear(await readers.run(10_000), 8 * MIB);
  });

  it("uses the time between them", async () => {
    const readers = openReaders({ isBusy: (now) => now % 20 < 10 });
    readers.start(8);
    expectNear(await readers.run(10_000), 36 * MIB);
  });

  it("stays at 1 MiB/s where an eighth is less, and never goes above what is configured", async () => {
    const [low, lower] = [2 * MIB, 256 * KIB].map((bytesPerSecond) =>
      openReaders({ bytesPerSecond, isBusy: () => true }),
    );
    low?.start(8);
    lower?.start(8);
    expectNear((await low?.run(100_000)) ?? 0, MIB);
    expectNear((await lower?.run(100_000)) ?? 0, 256 * KIB);
  });
});

it("a process that is behind with its work reads less: what is late counts an eighth", async () => {
  const readers = openReaders({ lateMs: 20 });
  readers.start(8);
  const speed = await readers.run(100_000);
  expect(speed).toBeGreaterThan(16 * MIB);
  expect(speed).toBeLessThan(24 * MIB);
});
