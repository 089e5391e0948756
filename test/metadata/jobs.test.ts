import { expect, it } from "vitest";
import { type Job, STUCK_AFTER } from "../../src/metadata/jobs.ts";
import { claimAll, everyKind } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const copy = { kind: "copy", blobId: 7 } as const;

onBothEngines("Jobs", (store) => {
  async function claimed(): Promise<Job> {
    const job = await store().metadata.jobs.claim(everyKind, 1000);
    if (!job) throw new Error("nothing was due");
    return job;
  }

  it("hands out due jobs, longest due first, each to one caller", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add({ kind: "digest", blobId: 1 }, new Date(clock.now().getTime() + 1000));
    await metadata.jobs.add(copy);
    clock.advance(500);
    await metadata.jobs.add({ kind: "drop", storageKey: "blobs/aa/x", backends: ["b", "a"] });
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([
      copy,
      { kind: "drop", storageKey: "blobs/aa/x", backends: ["b", "a"] },
    ]);
    clock.advance(500);
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([{ kind: "digest", blobId: 1 }]);
  });

  it("never hands one job to two workers", async () => {
    const { metadata, openAnother } = store();
    const another = await openAnother();
    for (let blobId = 0; blobId < 20; blobId++) await metadata.jobs.add({ kind: "copy", blobId });
    const jobs = await Promise.all(
      Array.from({ length: 30 }, (_, at) => (at % 2 ? metadata : another).jobs.claim(everyKind, 1000)),
    );
    const ids = jobs.flatMap((job) => job?.id ?? []);
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
  });

  it("merges a job with an equal waiting one; the earlier time counts", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add({ kind: "reclaim" }, new Date(clock.now().getTime() + 1000));
    await metadata.jobs.add({ kind: "reclaim" });
    await metadata.jobs.add({ kind: "reclaim" }, new Date(clock.now().getTime() + 9000));
    expect(await metadata.jobs.backlog()).toEqual([
      { kind: "reclaim", waiting: 1, oldest: clock.now(), attempts: 0, stuck: 0 },
    ]);
    expect(await claimAll(metadata)).toHaveLength(1);
  });

  it("runs a job once more when it is added while it runs", async () => {
    const { metadata } = store();
    await metadata.jobs.add(copy);
    const first = await claimed();
    await metadata.jobs.add(copy);
    expect(await metadata.jobs.claim(everyKind, 1000)).toBeUndefined();
    expect(await metadata.jobs.finish(first)).toBe(true);
    const second = await claimed();
    expect(second.work).toEqual(copy);
    expect(await metadata.jobs.finish(second)).toBe(true);
    expect(await metadata.jobs.backlog()).toEqual([]);
  });

  it("fences off a worker whose lease was taken over", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add(copy);
    const slow = await claimed();
    clock.advance(1000);
    const quick = await claimed();
    expect(quick).toMatchObject({ id: slow.id, epoch: slow.epoch + 1, attempts: 1 });
    expect(await metadata.jobs.finish(slow)).toBe(false);
    expect(await metadata.jobs.fail(slow, clock.now(), "late")).toBe(false);
    expect(await metadata.jobs.renew(slow, 1000)).toBe(false);
    expect(await metadata.jobs.finish(quick)).toBe(true);
    expect(await metadata.jobs.finish(quick)).toBe(false);
  });

  it("keeps a renewed lease", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add(copy);
    const job = await claimed();
    clock.advance(900);
    expect(await metadata.jobs.renew(job, 1000)).toBe(true);
    clock.advance(900);
    expect(await metadata.jobs.claim(everyKind, 1000)).toBeUndefined();
    expect(await metadata.jobs.finish(job)).toBe(true);
  });

  it("backs off after a failure and counts it", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add(copy);
    const job = await claimed();
    expect(await metadata.jobs.fail(job, new Date(clock.now().getTime() + 5000), "toronto: unavailable\0")).toBe(true);
    expect(await metadata.jobs.fail(job, clock.now(), "twice")).toBe(false);
    clock.advance(4999);
    expect(await metadata.jobs.claim(everyKind, 1000)).toBeUndefined();
    clock.advance(1);
    expect(await claimed()).toMatchObject({ attempts: 1 });
  });

  it("returns jobs of the given kinds only, in the order of the kinds, urgent ones first", async () => {
    const { metadata, clock } = store();
    const now = clock.now().getTime();
    await metadata.jobs.add({ kind: "digest", blobId: 1 });
    await metadata.jobs.add({ kind: "copy", blobId: 1 }, new Date(now - 3000));
    await metadata.jobs.add({ kind: "copy", blobId: 2 }, new Date(now - 1000), true);
    await metadata.jobs.add({ kind: "copy", blobId: 3 }, new Date(now - 2000));
    await metadata.jobs.add({ kind: "copy", blobId: 4 }, new Date(now + 1000), true);
    await metadata.jobs.add({ kind: "copy", blobId: 3 }, new Date(now), true);
    await metadata.jobs.add({ kind: "copy", blobId: 3 }, new Date(now));
    const order = [];
    for (let at = 0; at < 4; at++) order.push((await metadata.jobs.claim(["copy", "digest"], 1000))?.work);
    expect(order).toEqual([
      { kind: "copy", blobId: 3 },
      { kind: "copy", blobId: 2 },
      { kind: "copy", blobId: 1 },
      { kind: "digest", blobId: 1 },
    ]);
    expect(await metadata.jobs.claim(["drop", "reclaim"], 1000)).toBeUndefined();
  });

  it("puts a job back without counting an attempt", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add(copy);
    const job = await claimed();
    expect(await metadata.jobs.putBack(job, clock.now())).toBe(true);
    expect(await metadata.jobs.putBack(job, clock.now())).toBe(false);
    expect(await claimed()).toMatchObject({ id: job.id, attempts: 0 });
  });

  it("narrows a running job, unless the whole job was added again", async () => {
    const { metadata, clock } = store();
    const drop = (backends: readonly string[]) => ({ kind: "drop", storageKey: "blobs/aa/x", backends }) as const;
    await metadata.jobs.add(drop([]));
    const first = await claimed();
    expect(await metadata.jobs.narrow(first, drop(["a", "b"]))).toBe(true);
    await metadata.jobs.add(drop([]));
    expect((await metadata.jobs.backlog())[0]?.waiting).toBe(2);
    await metadata.jobs.fail(first, clock.now(), "away");
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([drop(["a", "b"]), drop([])]);
    clock.advance(60_000);
    const [, whole] = await claimAll(metadata);
    if (whole === undefined) throw new Error("nothing was due");
    expect(await metadata.jobs.narrow(whole, drop(["b", "a"]))).toBe(false);
    await metadata.jobs.add(drop([]));
    expect(await metadata.jobs.narrow(whole, drop(["a"]))).toBe(false);
  });

  it("counts a job that failed many times as stuck, and still returns it", async () => {
    const { metadata, clock } = store();
    await metadata.jobs.add(copy);
    for (let attempt = 1; attempt < STUCK_AFTER; attempt++)
      await metadata.jobs.fail(await claimed(), clock.now(), "again");
    expect(await metadata.jobs.backlog()).toMatchObject([{ kind: "copy", waiting: 1, stuck: 0 }]);
    await metadata.jobs.fail(await claimed(), clock.now(), "again");
    expect(await metadata.jobs.backlog()).toMatchObject([{ kind: "copy", waiting: 1, stuck: 1 }]);
    expect(await claimed()).toMatchObject({ attempts: STUCK_AFTER });
  });
});
