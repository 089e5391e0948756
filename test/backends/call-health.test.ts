// Whose fault is it? Only what a store does while it is waited for, and only a failure that is the store's own, counts.
// The test does the sweeps.
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { CallHealth } from "../../src/backends/call-health.ts";
import { FAILED_READ_MS } from "../../src/backends/expected-read.ts";
import type { GuardedBackend } from "../../src/backends/guarded-backend.ts";
import { failure } from "../contracts/backend-contract.ts";
import { unwatchedCalls } from "../support/calls.ts";
import { guarded, STILL_MS } from "./swept.ts";

const KEY = "blobs/ab/key";
const BYTES = Buffer.alloc(4 * 1024 * 1024, "some bytes");
const half = BYTES.subarray(0, BYTES.length / 2);

async function writeAll(backend: GuardedBackend, size: number): Promise<boolean> {
  const sink = backend.write(KEY, size);
  await sink.write(BYTES.subarray(0, size));
  return sink.finish(undefined);
}

describe("a write", () => {
  it("of a client that stands still counts for the store when the store takes it", async () => {
    await using at = await guarded();
    const sink = at.backend.write(KEY, BYTES.length);
    await sink.write(half);
    at.sweep();
    await sink.write(half);
    at.sweep();
    expect(await sink.finish(undefined)).toBe(true);
    expect([at.writes.state, at.writes.errorRate]).toEqual(["closed", 0]);
  });

  it("that the store cuts after its client stood still is nobody's failure", async () => {
    await using at = await guarded();
    const sink = at.backend.write(KEY, BYTES.length);
    await sink.write(half);
    at.sweep();
    await at.store.stop();
    expect(await sink.finish(undefined)).toBe(false);
    expect(at.writes.errorRate).toBeUndefined();
  });

  it("that the store cuts else is its failure", async () => {
    await using at = await guarded();
    const sink = at.backend.write(KEY, BYTES.length);
    await sink.write(half);
    at.sweep(4);
    await at.store.stop();
    await sink.write(half);
    expect(await sink.finish(undefined)).toBe(false);
    expect(at.writes.errorRate).toBe(1);
  });

  it.each([
    ["takes nothing", { do: "stop-reading", after: 1 } as const],
    ["does not answer", { do: "hang" } as const],
  ])("counts as failed when the store %s for five sweeps, once", async (_, fault) => {
    await using at = await guarded();
    await writeAll(at.backend, BYTES.length);
    at.clock.at += 9000;
    at.store.script({ method: "PUT" }, fault);
    const sink = at.backend.write(KEY, 2 * BYTES.length);
    const writing = (async () => {
      for (let n = 0; n < 2; n++) await sink.write(BYTES);
      return sink.finish(undefined);
    })();
    await at.store.seen({ method: "PUT" }, 2);
    at.sweep(5);
    expect(at.told).toEqual([]);
    at.sweep();
    expect(at.told).toEqual(["write: unavailable"]);
    expect([at.writes.failingSince, at.writes.errorRate]).toEqual([new Date(1000), 0.5]);
    sink.abort();
    await writing;
    expect(at.writes.errorRate).toBe(0.5);
  });

  it.each([
    ["1 KiB", 1024, 5],
    ["1 MiB", 1024 * 1024, 9],
    ["4 MiB", BYTES.length, 21],
  ])("of %s over a line that nobody knows has the time in which they would arrive", async (_, size, seconds) => {
    await using at = await guarded();
    at.store.script({ method: "PUT" }, { do: "hang" });
    const writing = writeAll(at.backend, size);
    await at.store.seen({ method: "PUT" });
    at.sweep(seconds);
    expect(at.writes.state).toBe("closed");
    at.sweep(1);
    expect(at.writes.state).toBe("open");
    await at.store.stop();
    await writing;
  });

  it("that fails at once when it stands still does so only if it may", async () => {
    await using at = await guarded();
    at.store.script({ method: "PUT" }, { do: "hang" });
    const [waits, leaves] = [at.backend.write(KEY, 1), at.backend.write(KEY, 1)];
    leaves.giveUpWhenStill(() => true);
    const ends = [waits, leaves].map((sink) => {
      void sink.write(Buffer.from("a"));
      return sink.finish(undefined);
    });
    at.sweep();
    expect(await ends[1]).toBe(false);
    expect([waits.failure, leaves.failure]).toMatchObject([undefined, { fault: "unavailable" }]);
    waits.abort();
    await ends[0];
  });

  it.each([
    [403, "AccessDenied", 1],
    [503, "SlowDown", 1],
    [400, "BadDigest", undefined],
  ])("that the store answers with %i %s makes an error rate of %s", async (status, code, rate) => {
    await using at = await guarded();
    at.store.script({ method: "PUT" }, { do: "status", status, code });
    const sink = at.backend.write(KEY, 1);
    await sink.write(Buffer.from("a"));
    expect(await sink.finish(undefined)).toBe(false);
    expect(at.writes.errorRate).toBe(rate);
  });
});

describe("a read", () => {
  it("whose client does not read is not waited for", async () => {
    await using at = await guarded();
    at.store.keep(KEY, BYTES);
    const { body } = await at.backend.open(KEY);
    body.once("readable", () => undefined);
    await once(body, "readable");
    while (body.readableLength < body.readableHighWaterMark) await setImmediate();
    at.sweep();
    expect((await buffer(body)).equals(BYTES)).toBe(true);
    await setImmediate();
    expect([at.reads.state, at.reads.errorRate]).toEqual(["closed", 0]);
  });

  it("that the store cuts because its client did not read is nobody's failure", async () => {
    await using at = await guarded();
    at.store.keep(KEY, Buffer.concat([BYTES, BYTES, BYTES, BYTES]));
    const { body } = await at.backend.open(KEY);
    while (body.readableLength < body.readableHighWaterMark) await setImmediate();
    at.sweep();
    await at.store.stop();
    expect((await failure(buffer(body))).fault).toBe("unavailable");
    expect(at.reads.errorRate).toBeUndefined();
  });

  it.each([
    ["before the head", { do: "hang" } as const],
    ["after the head", { do: "hold-body", after: 0 } as const],
    ["amid the body", { do: "hold-body", after: 1024 * 1024 } as const],
  ])("counts as failed when the store stands still %s", async (_, fault) => {
    await using at = await guarded();
    at.store.keep(KEY, BYTES);
    const script = at.store.script({ method: "GET" }, fault);
    let received = 0;
    const reading = at.backend.open(KEY).then(async ({ body }) => {
      for await (const chunk of body) received += chunk.length;
    });
    await script.met;
    if (fault.do === "hold-body") await vi.waitFor(() => expect(received).toBe(fault.after));
    if (fault.do === "hold-body") await vi.waitFor(() => expect(at.reads.latencyMs).toBeDefined());
    at.sweep();
    expect(at.told).toEqual(["read: unavailable"]);
    script.release();
    await at.store.stop();
    await reading.catch(() => undefined);
  });

  it("that its caller gives up, or that ends with its backend's uptime, says nothing", async () => {
    await using at = await guarded();
    at.store.keep(KEY, BYTES);
    const script = at.store.script({ method: "GET" }, { do: "hang" });
    const leaving = new AbortController();
    const first = failure(at.backend.open(KEY, undefined, leaving.signal));
    await script.met;
    leaving.abort(new Error("the client has gone"));
    await first;
    const second = failure(at.backend.read(KEY, BYTES.length));
    at.uptime.end("far", new BackendError("far", "unavailable"));
    await second;
    await failure(at.backend.read(KEY, BYTES.length));
    expect(at.reads.errorRate).toBeUndefined();
  });

  it("that breaks off counts once for each key: a damaged replica says nothing about the others", async () => {
    await using at = await guarded();
    at.store.script({ method: "GET" }, { do: "disconnect", at: { responseBytes: 100_000 } });
    const read = async (key: string, as: (key: string) => Promise<unknown>) => {
      at.store.keep(key, BYTES);
      expect((await failure(as(key))).fault).toBe("unavailable");
      await setImmediate();
    };
    const asStream = async (key: string) => buffer((await at.backend.open(key)).body);
    const atOnce = (key: string) => at.backend.read(key, BYTES.length);
    for (let n = 0; n < 10; n++) await read(KEY, n % 2 === 0 ? asStream : atOnce);
    for (let n = 1; n < 4; n++) await read(`${KEY}-${n}`, asStream);
    expect(at.reads.state).toBe("closed");
    await read(`${KEY}-4`, atOnce);
    expect(at.reads.state).toBe("open");
  });

  it.each([
    [404, "NoSuchKey", undefined],
    [500, "ObjectCorrupt", undefined],
    [403, "AccessDenied", undefined],
    [500, "InternalError", 1],
  ])("that the store answers with %i %s makes an error rate of %s", async (status, code, rate) => {
    await using at = await guarded();
    at.store.script({ method: "GET", key: KEY }, { do: "status", status, code });
    await failure(at.backend.read(KEY, 1));
    expect(at.reads.errorRate).toBe(rate);
  });
});

describe("an answer", () => {
  const measured = (others: readonly (number | undefined)[], usual = 20) => {
    const { reads } = unwatchedCalls();
    for (let n = 0; n < 10; n++) reads.isSlow(usual, 0);
    reads.sweep(STILL_MS, others);
    return reads;
  };

  it.each([
    ["ten times the usual and more than a second", 1001, [20, 30], 20, true],
    ["a second", 1000, [20, 30], 20, false],
    ["ten times its own usual, while another is as slow", 1500, [20, 200], 20, false],
    ["ten times that of others, as ever", 1500, [20, 30], 200, false],
    ["long, where there is nobody to compare with", 60_000, [undefined], 20, false],
  ] as const)("that takes %s: %i ms", (_, milliseconds, others, usual, isSlow) => {
    expect(measured(others, usual).isSlow(milliseconds, 0)).toBe(isSlow);
  });

  it("to a write leaves its bytes the time to arrive", () => {
    const writes = measured([20]);
    expect([16_900, 17_100].map((milliseconds) => writes.isSlow(milliseconds, BYTES.length))).toEqual([false, true]);
  });

  it("that is slow counts as failed, and does not become usual", () => {
    const reads = measured([20]);
    for (let n = 0; n < 5; n++) {
      const call = reads.begin({ key: KEY, size: 1 });
      expect(reads.isSlow(30_000, 0)).toBe(true);
      reads.ended(call, "slow");
    }
    expect(reads.state).toBe("open");
    expect(reads.latencyMs).toBeGreaterThan(10_000);
    reads.sweep(STILL_MS, [20]);
    expect(reads.isSlow(30_000, 0)).toBe(true);
  });
});

it("says what a read costs, one that fails included, and what is usual without those far too slow", () => {
  let at = 0;
  const health = new CallHealth({
    backend: "far",
    faults: ["unavailable"],
    now: () => new Date(at),
    elapsed: () => at,
    random: () => 0.5,
    onChange: () => undefined,
  });
  expect([health.cost.readMs, health.usualMs]).toEqual([undefined, undefined]);
  health.isSlow(10, 0);
  health.sweep(STILL_MS, [10]);
  health.isSlow(2000, 0);
  expect([health.latencyMs, health.usualMs]).toEqual([408, 10]);
  at = 9_999;
  expect(health.cost).toEqual({ readMs: 408, idleMs: 9_999 });
  health.begin({ key: KEY, size: 1 }).failed(new BackendError("far", "unavailable"));
  expect(health.cost).toEqual({ readMs: 408 + 0.2 * (FAILED_READ_MS - 408), idleMs: 0 });
  expect(health.latencyMs).toBe(408);
});
