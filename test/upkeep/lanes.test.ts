// Each kind of job has its lane: what is long, stuck, busy or broken in one does not delay the others.
import { describe, expect, it } from "vitest";
import { Busy } from "../../src/upkeep/slots.ts";
import { openRig } from "../support/rig.ts";
import { copy, deferred, runnerOf, until, waiting } from "./support.ts";

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
    const stallMs = 300;
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
    expect(signalled).toMatchObject({ message: "no progress for 300 ms" });
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

describe("a look that fails in one lane", () => {
  it("leaves the jobs of the others running, and closing still waits for them", async () => {
    await using rig = await openRig();
    const { promise: started, resolve: start } = deferred();
    const { promise: held, resolve: release } = deferred();
    const events: string[] = [];
    const jobs = new Proxy(rig.metadata.jobs, {
      get(target, property) {
        if (property === "claim")
          return async (...call: Parameters<typeof target.claim>) => {
            if (!call[0].includes("drop")) return target.claim(...call);
            await started;
            throw new Error("the database is away");
          };
        const value: unknown = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const run = async () => {
      start();
      await held;
      events.push("the job ended");
    };
    const runner = runnerOf(rig, run, { jobs });
    await rig.metadata.jobs.add(copy(1));
    await expect(runner.runDue()).rejects.toThrow("the database is away");
    const closing = runner.close().then(() => events.push("closed"));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    release();
    await closing;
    expect(events).toEqual(["the job ended", "closed"]);
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
