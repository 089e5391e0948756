// The scrub reads each replica within its days and not much more often, gives way, and goes on where it was cut.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { Replicas } from "../../src/blobs/replicas/verify.ts";
import { openLog } from "../../src/log.ts";
import type { NewJob } from "../../src/metadata/jobs.ts";
import type { ByteRange } from "../../src/model.ts";
import { scrubBackend } from "../../src/upkeep/scrub.ts";
import { Slots } from "../../src/upkeep/slots.ts";
import { StubbornReplicas } from "../../src/upkeep/stubborn.ts";
import { openUpkeep } from "../../src/upkeep/upkeep.ts";
import { openRig } from "../support/rig.ts";
import { DAY, HOUR, MINUTE, pass } from "./repair-support.ts";
import { countsOf, DUE, OVERDUE } from "./scrub-support.ts";

/** Counts the reads of each blob. */
class Watched extends MemoryBackend {
  readonly reads = new Map<string, number>();
  onOpen: (key: string) => void = () => undefined;
  override open(key: string, range?: ByteRange, signal?: AbortSignal) {
    this.reads.set(key, (this.reads.get(key) ?? 0) + 1);
    this.onOpen(key);
    return super.open(key, range, signal);
  }
}

async function openWatched(count: number, more: { scrubMs?: number } = {}) {
  const backends = ["a", "b"].map((name, at) => new Watched({ name, region: `${at}` }));
  const rig = await openRig({ backends, ...more });
  for (let n = 0; n < count; n++) await rig.put(`${n}`, randomBytes(100));
  const reads = () => backends.flatMap((backend) => [...backend.reads.values()]);
  return { rig, backends, reads, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

describe("its pace", () => {
  it("reads each replica within the days, evenly, and hardly more than once", async () => {
    await using s = await openWatched(40, { scrubMs: 6 * HOUR });
    let most = 0;
    for (let hours = 0; hours < 30 * 24; hours += 6) {
      const before = countsOf(s.rig, "good");
      await pass(s.rig, s.rig.upkeep, 6 * HOUR);
      most = Math.max(most, countsOf(s.rig, "good") - before);
      if (hours < 14 * 24) expect(s.reads()).toEqual([]);
    }
    expect(s.reads()).toHaveLength(80);
    expect(Math.min(...s.reads())).toBe(1);
    expect(Math.max(...s.reads())).toBeLessThanOrEqual(2);
    expect(most).toBeLessThanOrEqual(2);
    const since = Number(await s.rig.metadata.scrubs.since("a"));
    expect(since).toBeGreaterThan(s.rig.clock.now().getTime() - 30 * DAY);
  });

  it("leaves places on the backend to other jobs, and its turn to other backends, and keeps what is left", async () => {
    await using s = await openWatched(80);
    const { metadata, fleet, clock } = s.rig;
    const [member] = fleet.members();
    if (member === undefined) throw new Error("no member");
    clock.advance(DUE);
    const log = openLog("silent");
    const replicas = new Replicas({ blobs: metadata.blobs, fleet, verifiedForMs: 0, now: clock.now, log });
    const [slots, { random }] = [new Slots(2), Math];
    let paid = 0;
    const rate = (bytes: number) => {
      paid += bytes;
      return undefined;
    };
    const rules = { fleet, copies: 2, slots, rate, graceMs: DAY, random };
    const context = { ...rules, metadata, replicas, store: s.rig.blobs, now: clock.now, log };
    const options = {
      days: 30,
      everyMs: DAY,
      turnMs: MINUTE,
      rate,
      counts: new Map(),
      stubborn: new StubbornReplicas(),
    };
    const work = { kind: "scrub", backend: member.backend.name } as const;
    const kept: NewJob[] = [];
    const { signal } = new AbortController();
    const run = { signal, moved() {}, narrow: async (rest: NewJob) => void kept.push(rest) };
    await slots.hold([work.backend], () => scrubBackend(context, options, work, member, run));
    expect(s.reads()).toEqual([]);
    expect(kept).toEqual([{ ...work, left: 4 }]);
    expect(await metadata.jobs.claim(["scrub"], MINUTE)).toBeUndefined();
    clock.advance(MINUTE);
    expect((await metadata.jobs.claim(["scrub"], MINUTE))?.work).toEqual(work);
    await scrubBackend(context, options, { ...work, left: 3 }, member, run);
    expect(s.reads()).toEqual([1, 1, 1]);
    expect(kept.at(-1)).toEqual(work);
    await scrubBackend(context, { ...options, turnMs: -1 }, { ...work, left: 20 }, member, run);
    expect(s.reads()).toHaveLength(3 + 8);
    expect(kept.at(-1)).toEqual({ ...work, left: 12 });
    // A request has its price too.
    expect(paid).toBe((3 + 8) * (64 * 1024 + 100));
  });

  it("catches up when no gateway ran for long", async () => {
    await using s = await openWatched(200);
    await s.rig.upkeep.runDue();
    await pass(s.rig, s.rig.upkeep, 40 * DAY);
    expect(s.reads()).toEqual(Array.from({ length: 400 }, () => 1));
  });
});

describe("a run that is cut", () => {
  it("is continued by the next gateway where it was", async () => {
    await using s = await openWatched(200);
    await s.rig.upkeep.runDue();
    s.rig.clock.advance(OVERDUE);
    let isClosing: Promise<void> | undefined;
    const [a] = s.backends;
    if (a === undefined) throw new Error("no backend");
    a.onOpen = () => {
      if (a.reads.size === 100) isClosing = s.rig.upkeep.close();
    };
    await s.rig.upkeep.runDue();
    await isClosing;
    const { metadata, fleet, blobs, clock } = s.rig;
    const next = openUpkeep({ metadata, fleet, blobs, copies: 2, now: clock.now, log: openLog("silent") });
    await next.runDue();
    await next.close();
    expect(s.reads()).toHaveLength(400);
    // What was under way is read again.
    expect(s.reads().filter((count) => count > 1).length).toBeLessThanOrEqual(2 * 8);
    expect(Math.max(...s.reads())).toBe(2);
  });
});
