// Shows I5 of docs/durability.md.
import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { tooFewBackends } from "../../src/blobs/replicas/placer.ts";
import { openLog } from "../../src/log.ts";
import type { NewJob } from "../../src/metadata/jobs.ts";
import { openRig } from "../support/rig.ts";
import { copy, deferred, runnerOf, until, waiting } from "./support.ts";

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

  it("records why it failed: the cause of a refusal, without the key that it was about", async () => {
    await using rig = await openRig();
    const keys = ["blobs/0a/0a11", "blobs/0b/0b22", "blobs/0c/0c33"];
    const failures = keys.map((key) => new BackendError("a", "unavailable", { detail: `PUT ${key}: no route` }));
    const causes: Error[] = [...failures.map((failure) => tooFewBackends([failure])), new Error("a slip")];
    const runner = runnerOf(rig, () => Promise.reject(causes.shift()), { concurrency: 1 });
    for (const blobId of [1, 2, 3, 4]) await rig.metadata.jobs.add(copy(blobId));
    expect(await runner.runDue()).toBe(4);
    expect(await rig.metadata.failingJobs(10)).toMatchObject([
      { kind: "copy", reason: "a slip", jobs: 1 },
      { kind: "copy", reason: "a: unavailable: PUT blobs/...: no route", jobs: 3 },
    ]);
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
