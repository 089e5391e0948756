/** A job runner over a rig, with jobs of the test's own, and ways to wait for what it does. */
import { type Log, openLog } from "../../src/log.ts";
import type { Jobs, NewJob } from "../../src/metadata/jobs.ts";
import { JobRunner } from "../../src/upkeep/jobs.ts";
import type { JobRun } from "../../src/upkeep/running-job.ts";
import type { Rig } from "../support/rig.ts";

const LEASE = 60_000;

export function runnerOf(
  rig: Rig,
  run: (work: NewJob, run: JobRun) => Promise<void>,
  more: { concurrency?: number; leaseMs?: number; stallMs?: number; jobs?: Jobs; log?: Log } = {},
) {
  return new JobRunner({
    jobs: more.jobs ?? rig.metadata.jobs,
    run,
    prepare: async () => {},
    mayRun: () => true,
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

export const copy = (blobId: number) => ({ kind: "copy", blobId }) as const;
export const waiting = async (rig: Rig) =>
  (await rig.metadata.jobs.backlog()).reduce((sum, { waiting: count }) => sum + count, 0);

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}

export function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
