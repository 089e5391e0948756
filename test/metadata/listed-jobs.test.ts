// Single jobs as an operator sees them, and one that is run again at once.
import { expect, it } from "vitest";
import { everyKind } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const HOUR = 3_600_000;
const all = { after: 0, limit: 100, kind: undefined, isFailing: false };

onBothEngines("Listed jobs", (store) => {
  const later = () => new Date(store().clock.now().getTime() + HOUR);

  it("stand in the order in which they were made, each with what it is about", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add({ kind: "drop", storageKey: "blobs/aa/x", backends: ["a"] }, later());
    await metadata.jobs.add({ kind: "scrub", backend: "a", left: 7 }, undefined, true);
    await metadata.jobs.add({ kind: "survey", sight: "what is seen" });
    const rest = { attempts: 0, createdAt: clock.now(), isRunning: false, reason: undefined };
    const listed = await metadata.listJobs(all);
    expect(listed.map(({ id: _, ...job }) => job)).toEqual([
      {
        ...rest,
        kind: "drop",
        subject: { storageKey: "blobs/aa/x", backends: ["a"] },
        isUrgent: false,
        runAt: later(),
      },
      { ...rest, kind: "scrub", subject: { backend: "a" }, isUrgent: true, runAt: clock.now() },
      { ...rest, kind: "survey", subject: {}, isUrgent: false, runAt: clock.now() },
    ]);
    expect(await metadata.listJobs({ ...all, after: listed[0]?.id ?? 0, limit: 1 })).toEqual([listed[1]]);
    expect(await metadata.listJobs({ ...all, kind: "survey" })).toEqual([listed[2]]);
  });

  it("fail and run: each says so", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add({ kind: "copy", blobId: 1 });
    const job = await metadata.jobs.claim(everyKind, 1000);
    expect(await metadata.listJobs(all)).toMatchObject([{ isRunning: true, subject: { blobId: 1 } }]);
    expect(await metadata.listJobs({ ...all, isFailing: true })).toEqual([]);
    clock.advance(1000);
    expect(await metadata.listJobs(all)).toMatchObject([{ isRunning: false }]);
    if (job !== undefined) await metadata.jobs.fail(job, later(), "no room");
    expect(await metadata.listJobs({ ...all, isFailing: true })).toMatchObject([{ attempts: 1, reason: "no room" }]);
  });

  it("are due at once when they are to be tried again, unless they run", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add({ kind: "copy", blobId: 1 }, later());
    const id = (await metadata.listJobs(all))[0]?.id ?? 0;
    expect(await metadata.retryJob(id)).toMatchObject({ id, runAt: clock.now() });
    const job = await metadata.jobs.claim(everyKind, HOUR);
    expect(job?.id).toBe(id);
    clock.advance(1000);
    expect((await metadata.retryJob(id))?.isRunning).toBe(true);
    expect(await metadata.jobs.claim(everyKind, HOUR)).toBeUndefined();
    if (job !== undefined) await metadata.jobs.finish(job);
    expect(await metadata.retryJob(id)).toBeUndefined();
  });
});
