import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { tooFewBackends } from "../../src/blobs/replicas/placer.ts";
import { type Log, openLog } from "../../src/log.ts";
import type { Jobs, NewJob } from "../../src/metadata/jobs.ts";
import { JobRunner } from "../../src/upkeep/jobs.ts";
import type { JobRun } from "../../src/upkeep/running-job.ts";
import { Busy } from "../../src/upkeep/slots.ts";
import { openRig, type Rig } from "../support/rig.ts";

const LEASE = 60_000;

function runnerOf(
  rig: Rig,
  run: (work: NewJob, run: JobRun) => Promise<void>,
  more: { concurrency?: number; leaseMs?: number; stallMs?: number; jobs?: Jobs; log?: Log } = {},
) {
  return new JobRunner({
    jobs: more.jobs ?? rig.metadata.jobs,
    run,
    prepare: async () => {},
    now: rig.clock.now,
    log: more.log ?? openLog("silent"),
    leaseMs: more.leaseMs ?? LEASE,
    stallMs: more.stallMs ?? LEASE,
    pollMs: 10,
    lanes: [
      { kinds: ["copy"], limit: more.concurrency ?? 2 },
      { kinds: ["drop", "digest"], limit: 1 },
    ],
    random: () => 1,
  });
}

const copy = (blobId: number) => ({ kind: "copy", blobId }) as const;
const waiting = async (rig: Rig) =>
  (await rig.metadata.jobs.backlog()).reduce((sum, { waiting: count }) => sum + count, 0);

describe("the job runner", () => {
  it("runs every due job once and the jobs they add, and returns how many", async () => {
    await using rig = await openRig();
    const seen: NewJob[] = [];
    const runner = runnerOf(rig, async (work) => {
      seen.push(work);
      if (work.kind === "copy" && work.blobId === 1) await rig.metadata.jobs.add(copy(9));
    });
    for (const blobId of [1, 2, 3]) await rig.metadata.jobs.add(copy(blobId));
    await rig.metadata.jobs.add(copy(4), new Date(rig.clock.now().getTime() + 1));
    expect(await runner.runDue()).toBe(4);
    expect(seen.map((work) => (work.kind === "copy" ? work.blobId : 0)).sort()).toEqual([1, 2, 3, 9]);
    expect(await waiting(rig)).toBe(1);
    await runner.close();
  });

  it("postpones a failing job, longer each time, and never drops it", async () => {
    await using rig = await openRig();
    let runs = 0;
    const runner = runnerOf(rig, async () => {
      runs++;
      throw new Error("not today");
    });
    await rig.metadata.jobs.add(copy(1));
    for (const wait of [0, 1_000, 2_000, 4_000]) {
      rig.clock.advance(wait - 1);
      expect(await runner.runDue()).toBe(0);
      rig.clock.advance(1);
      expect(await runner.runDue()).toBe(1);
    }
    expect(runs).toBe(4);
    expect(await rig.metadata.jobs.backlog()).toMatchObject([{ kind: "copy", waiting: 1, attempts: 4 }]);
    await runner.close();
  });

  it("runs no more jobs at once than its limit", async () => {
    await using rig = await openRig();
    const lines: Record<string, unknown>[] = [];
    const log = openLog("info", { write: (line) => void lines.push(JSON.parse(line)) });
    const causes = [
      tooFewBackends([new BackendError("a", "unavailable", { detail: "no route" })]),
      new Error("a slip"),
    ];
    const run = () => Promise.reject(causes.shift());
    const runner = runnerOf(rig, run, { concurrency: 1, log });
    for (const blobId of [1, 2]) await rig.metadata.jobs.add(copy(blobId));
    expect(await runner.runDue()).toBe(2);
    const [refused, slip] = lines;
    expect(refused).toMatchObject({ level: 40, job: copy(1), reason: expect.stringMatching(/no route/) });
    expect(JSON.stringify(refused)).not.toContain("    at ");
    expect(slip).toMatchObject({ level: 40, job: copy(2), err: { stack: expect.stringContaining("a slip\n    at ") } });
    await runner.close();
  });

  it("runs no more at once than it may", async () => {
    await using rig = await openRig();
    let running = 0;
    let most = 0;
    const runner = runnerOf(
      rig,
      async () => {
        most = Math.max(most, ++running);
        await until(async () => most >= 3);
        running--;
      },
      { concurrency: 3 },
    );
    for (let blobId = 1; blobId <= 12; blobId++) await rig.metadata.jobs.add(copy(blobId));
    expect(await runner.runDue()).toBe(12);
    expect(most).toBe(3);
    await runner.close();
  });

  it("renews its lease while a job runs, so that no other takes it", async () => {
    await using rig = await openRig();
    const { promise: done, resolve: finish } = deferred();
    let renewals = 0;
    const jobs = new Proxy(rig.metadata.jobs, {
      get(target, property) {
        if (property === "renew")
          return (...call: Parameters<typeof target.renew>) => target.renew(...call).finally(() => renewals++);
        const value: unknown = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const runner = runnerOf(rig, () => done, { leaseMs: 30, jobs });
    await rig.metadata.jobs.add(copy(1));
    const ran = runner.runDue();
    for (let round = 0; round < 4; round++) {
      rig.clock.advance(20);
      const before = renewals;
      await until(async () => renewals > before + 1);
      expect(await rig.metadata.jobs.claim(["copy"], 30)).toBeUndefined();
    }
    finish();
    expect(await ran).toBe(1);
    expect(await waiting(rig)).toBe(0);
    await runner.close();
  });

  it("gives up a job whose lease was lost, and leaves it to the other", async () => {
    await using rig = await openRig();
    let reason: unknown;
    const { promise: started, resolve: start } = deferred();
    const runner = runnerOf(
      rig,
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          start();
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
      { leaseMs: 60 },
    );
    await rig.metadata.jobs.add(copy(1));
    const ran = runner.runDue();
    await started;
    let other: Awaited<ReturnType<typeof rig.metadata.jobs.claim>>;
    await until(async () => {
      rig.clock.advance(1_000);
      other = await rig.metadata.jobs.claim(["copy"], 3_600_000);
      return other !== undefined;
    });
    await ran;
    expect(reason).toMatchObject({ message: "the lease was lost" });
    expect(other && (await rig.metadata.jobs.finish(other))).toBe(true);
    expect(await waiting(rig)).toBe(0);
    await runner.close();
  });

  it("looks for jobs by itself once started, and stops running jobs when closed", async () => {
    await using rig = await openRig();
    const { promise: started, resolve: start } = deferred();
    const runner = runnerOf(rig, (_, { signal }) => {
      start();
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    runner.start();
    await rig.metadata.jobs.add(copy(1));
    await started;
    await runner.close();
    expect(await rig.metadata.jobs.backlog()).toMatchObject([{ kind: "copy", waiting: 1, attempts: 0 }]);
  });
});

describe("a lane", () => {
  it("continues while one of its jobs takes long, and so do the other lanes", async () => {
    await using rig = await openRig();
    const { promise: held, resolve: release } = deferred();
    const seen: string[] = [];
    const runner = runnerOf(rig, async (work) => {
      if (work.kind === "copy" && work.blobId === 1) await held;
      seen.push(work.kind);
    });
    await rig.metadata.jobs.add(copy(1));
    runner.start();
    for (let blobId = 2; blobId < 6; blobId++) await rig.metadata.jobs.add(copy(blobId));
    await until(async () => seen.length === 4);
    await rig.metadata.jobs.add({ kind: "digest", blobId: 1 });
    await rig.metadata.jobs.add(copy(6));
    await until(async () => seen.length === 6);
    expect(seen.filter((kind) => kind === "digest")).toHaveLength(1);
    await until(async () => (await waiting(rig)) === 1);
    release();
    await until(async () => (await waiting(rig)) === 0);
    await runner.close();
  });

  it("aborts a job without progress, and leaves a long job with progress alone", async () => {
    await using rig = await openRig();
    const stallMs = 50;
    let signalled: unknown;
    const runner = runnerOf(
      rig,
      async (work, { signal, moved }) => {
        if (work.kind === "copy" && work.blobId === 1)
          await new Promise(() => signal.addEventListener("abort", () => (signalled = signal.reason)));
        for (const end = performance.now() + 4 * stallMs; performance.now() < end; moved())
          await new Promise(setImmediate);
      },
      { stallMs },
    );
    await rig.metadata.jobs.add(copy(1));
    await rig.metadata.jobs.add(copy(2));
    expect(await runner.runDue()).toBe(2);
    expect(signalled).toMatchObject({ message: "no progress for 50 ms" });
    expect(await rig.metadata.jobs.backlog()).toMatchObject([{ kind: "copy", waiting: 1, attempts: 1 }]);
    await runner.close();
  });

  it("puts a job back that needs a busy backend, and runs the other jobs first", async () => {
    await using rig = await openRig();
    const order: number[] = [];
    const { promise: held, resolve: release } = deferred();
    let busy = true;
    const runner = runnerOf(rig, async (work) => {
      if (work.kind !== "copy") return;
      if (work.blobId === 1) await held;
      if (work.blobId === 2 && busy) {
        rig.clock.advance(1);
        throw new Busy("a is busy");
      }
      order.push(work.blobId);
      if (work.blobId === 4) release();
      if (work.blobId === 1) busy = false;
    });
    for (let blobId = 1; blobId < 5; blobId++) await rig.metadata.jobs.add(copy(blobId));
    expect(await runner.runDue()).toBe(4);
    expect(order).toEqual([3, 4, 1, 2]);
    await runner.close();
  });
});

describe("a lane whose jobs all need a busy backend", () => {
  it("tries only a few of them at each look", async () => {
    await using rig = await openRig();
    const { promise: held, resolve: release } = deferred();
    let tries = 0;
    const runner = runnerOf(
      rig,
      async (work) => {
        if (work.kind === "copy" && work.blobId === 1) return held;
        tries++;
        throw new Busy("a is busy");
      },
      { concurrency: 8 },
    );
    for (let blobId = 1; blobId <= 100; blobId++) await rig.metadata.jobs.add(copy(blobId));
    const ran = runner.runDue();
    await until(async () => tries >= 16);
    release();
    await ran;
    expect(tries).toBeLessThan(100);
    expect(await waiting(rig)).toBe(99);
    await runner.close();
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
