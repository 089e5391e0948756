// What a gateway counts, writes down every five minutes, and reads back as a picture of hours or weeks.
import { expect, it } from "vitest";
import { openHistory } from "../../src/admin/history.ts";
import type { StoredFigures } from "../../src/admin/history-counts.ts";
import { foldHistory } from "../../src/admin/history-fold.ts";
import { reportHistory } from "../../src/admin/history-report.ts";
import { openLog } from "../../src/log.ts";
import type { HistoryRow } from "../../src/metadata/history.ts";
import { onBothEngines } from "../support/engines.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const stored = { logicalBytes: 30, uniqueBytes: 20, storedBytes: 40, objects: 3, underReplicated: 1 };

onBothEngines("The history", (store) => {
  function recorder(options: { readonly stats?: () => Promise<StoredFigures>; readonly lines?: string[] } = {}) {
    const { metadata, clock } = store();
    const { stats = async () => stored, lines = [] } = options;
    const log = openLog("info", { write: (line) => void lines.push(line) });
    return openHistory({ history: metadata.history, stats, now: clock.now, log });
  }
  const ok = (ms: number) => ({ status: 200, seconds: ms / 1000, bytesIn: 100 });
  const report = (hours = 24) => reportHistory(store().metadata.history, hours, store().clock.now());

  it("writes a row when a step of five minutes is over, and none before", async () => {
    const history = recorder();
    history.observe(ok(1));
    store().clock.advance(5 * MINUTE - 1);
    await history.look();
    expect((await report()).samples).toEqual([]);
    const at = new Date(store().clock.now().getTime() - 5 * MINUTE + 1);
    store().clock.advance(1);
    await history.look();
    const quick = { p50: 1, p99: 1 };
    expect(await report()).toEqual({
      stepSeconds: 300,
      samples: [{ at, ...stored, requests: 1, errors: 0, receivedBytes: 100, families: {}, latencyMs: quick }],
    });
    await history.look();
    expect((await report()).samples).toHaveLength(1);
  });

  it("counts within the next step from nothing", async () => {
    const history = recorder();
    history.observe(ok(1));
    store().clock.advance(5 * MINUTE);
    await history.look();
    store().clock.advance(5 * MINUTE);
    await history.look();
    const { samples } = await report();
    expect(samples.map(({ requests, latencyMs }) => [requests, latencyMs])).toEqual([
      [1, { p50: 1, p99: 1 }],
      [0, undefined],
    ]);
  });

  it("adds up what two gateways did within a step, and takes quantiles of all", async () => {
    const [one, other] = [recorder(), recorder()];
    for (let times = 0; times < 98; times++) one.observe(ok(4));
    other.observe({ status: 503, seconds: 0.7, bytesIn: 1 });
    other.observe({ status: 500, seconds: 1e9, bytesIn: 1 });
    one.countRead("redirect", "boto3", 1000);
    one.countRead("proxy", "boto3", 10);
    other.countRead("proxy", "boto3", 5);
    other.countRead("redirect", "rclone", 7);
    store().clock.advance(5 * MINUTE);
    await Promise.all([one.look(), other.look()]);
    expect((await report()).samples).toMatchObject([
      {
        ...{ requests: 100, errors: 2, receivedBytes: 9802, latencyMs: { p50: 5, p99: 800 } },
        families: {
          boto3: { redirected: { requests: 1, bytes: 1000 }, proxied: { requests: 2, bytes: 15 } },
          rclone: { redirected: { requests: 1, bytes: 7 }, proxied: { requests: 0, bytes: 0 } },
        },
      },
    ]);
  });

  it.each([
    [1, 300],
    [24, 300],
    [26, 600],
    [24 * 7, 3600],
    [24 * 31, 10_800],
  ])("makes of %s hours at most 300 samples, %s s each", async (hours, stepSeconds) => {
    const { metadata, clock } = store();
    const counts = { requests: 1, errors: 0, receivedBytes: 0, families: {}, latency: [1] };
    const sample = JSON.stringify({ ...counts, stored });
    for (let ago = 1; ago <= 40; ago++)
      await metadata.history.add({ at: new Date(clock.now().getTime() - ago * 5 * MINUTE), gateway: "a", sample });
    const { samples, ...rest } = await report(hours);
    expect([rest.stepSeconds, (hours * 3600) / stepSeconds <= 300]).toEqual([stepSeconds, true]);
    expect(samples.length).toBeLessThanOrEqual(Math.ceil((40 * 300) / stepSeconds));
    const counted = samples.reduce((sum, { requests }) => sum + requests, 0);
    expect(counted).toBe(Math.min(40, hours * 12));
    for (const { at } of samples) expect(at.getTime() % (stepSeconds * 1000)).toBe(0);
  });

  it("makes one row of each hour before the last 50, and reports the same of it", async () => {
    const { metadata, clock } = store();
    const { history } = metadata;
    const hours = [50, 51, 52, 53, 700];
    for (const [index, ago] of hours.entries())
      for (const minute of [0, 25, 55])
        for (const gateway of ["a", "b"]) {
          const families = { boto3: { redirected: { requests: 1, bytes: 10 }, proxied: { requests: 0, bytes: 0 } } };
          const counts = { requests: 2, errors: 1, receivedBytes: 5, families, latency: [1, 0, 1] };
          const sample = JSON.stringify({ ...counts, stored: { ...stored, objects: index * 100 + minute } });
          await history.add({ at: new Date(clock.now().getTime() - ago * HOUR + minute * MINUTE), gateway, sample });
        }
    const before = await report(744);
    expect(before.samples.reduce((sum, { requests }) => sum + requests, 0)).toBe(hours.length * 12);
    let folded = 0;
    while (await foldHistory(history, clock.now())) folded++;
    // The hour that began 50 hours ago is still needed as it is.
    expect([folded, (await history.since(new Date(0))).length]).toEqual([hours.length - 1, hours.length - 1 + 6]);
    expect(await report(744)).toEqual(before);
    expect((await report(50)).samples).toHaveLength(3);
    // A row that comes late is added to the hour.
    const sample = JSON.stringify({ requests: 7, errors: 0, receivedBytes: 0, families: {}, latency: [], stored });
    await history.add({ at: new Date(clock.now().getTime() - 52 * HOUR + 30 * MINUTE), gateway: "late", sample });
    const { samples } = await report(744);
    expect(await foldHistory(history, clock.now())).toBe(true);
    expect((await report(744)).samples.map(({ requests }) => requests)).toEqual(
      samples.map(({ requests }) => requests),
    );
    expect(await foldHistory(history, clock.now())).toBe(false);
  });

  it("is folded as each step is written, by several gateways at once", async () => {
    const { metadata, clock } = store();
    const sample = JSON.stringify({ requests: 1, errors: 0, receivedBytes: 0, families: {}, latency: [1], stored });
    for (let hour = 0; hour < 10; hour++)
      for (const minute of [0, 30]) {
        const at = new Date(clock.now().getTime() + hour * HOUR + minute * MINUTE);
        await metadata.history.add({ at, gateway: "former", sample });
      }
    const recorders = [recorder(), recorder(), recorder()];
    clock.advance(61 * HOUR);
    await Promise.all(recorders.map((one) => one.look()));
    const rows = await metadata.history.since(new Date(0));
    expect(rows.filter(({ gateway }) => gateway === "former")).toEqual([]);
    expect((await report(744)).samples.reduce((sum, { requests }) => sum + requests, 0)).toBe(20);
  });

  it("writes what a step has so far when the gateway ends", async () => {
    const history = recorder();
    history.observe(ok(1));
    await history.close();
    expect((await report()).samples).toMatchObject([{ requests: 1 }]);
  });

  it("says once that nothing can be written, and writes what it counted when it can again", async () => {
    const lines: string[] = [];
    let broken = true;
    const stats = async () => {
      if (broken) throw new Error("the database is away");
      return stored;
    };
    const history = recorder({ stats, lines });
    for (let step = 0; step < 3; step++) {
      history.observe(ok(1));
      store().clock.advance(5 * MINUTE);
      await history.look();
    }
    expect(lines).toEqual([expect.stringContaining("the database is away")]);
    broken = false;
    store().clock.advance(5 * MINUTE);
    await history.look();
    expect((await report()).samples).toMatchObject([{ requests: 3 }]);
  });

  it("keeps rows as they are read, whatever another version has counted beside", async () => {
    const { metadata, clock } = store();
    const at = new Date(clock.now().getTime() - HOUR);
    const sample = {
      requests: 2,
      errors: 0,
      receivedBytes: 0,
      families: {},
      latency: Array(99).fill(0),
      stored,
      more: 1,
    };
    const row: HistoryRow = { at, gateway: "other", sample: JSON.stringify(sample) };
    await metadata.history.add(row);
    expect((await report()).samples).toMatchObject([{ at, requests: 2 }]);
  });
});
