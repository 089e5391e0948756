// When a member counts as being there: by its identity, by what the database says, by a small write.
import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { openFleet } from "../../src/backends/fleet.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { healthyMembers } from "../../src/blobs/replicas/placement.ts";
import { openLog } from "../../src/log.ts";
import { failure, writeAll } from "../contracts/backend-contract.ts";
import type { FaultyS3 } from "../support/faulty-s3.ts";
import { registerAll, registrationOf } from "../support/registered.ts";
import { backendAt } from "./s3/support.ts";
import { HOUR, OBJECT, only, regions, unavailable, watched } from "./watched.ts";

describe("a member", () => {
  it("is not up before it is registered, and then only after a good probe", async () => {
    const backends = [new MemoryBackend({ name: "far", region: "there", identity: registrationOf("far").identity })];
    const fleet = openFleet({ backends, regions, log: openLog("silent"), probeIntervalMs: HOUR });
    await fleet.probeNow();
    expect(only(fleet)).toMatchObject({ up: false, identity: undefined, lostSince: undefined });
    expect((await failure(only(fleet).backend.stat("one"))).fault).toBe("unavailable");
    fleet.setRegistrations([registrationOf("far")]);
    expect(only(fleet).up).toBe(false);
    await fleet.probeNow();
    expect(only(fleet)).toMatchObject({ up: true, identity: "identity-of-far" });
    await fleet.close();
  });

  it.each([
    ["its bucket is gone", (store: FaultyS3) => store.removeBucket(), "the bucket is not there"],
    ["it was emptied", (store: FaultyS3) => store.objects.clear(), "it shows no identity"],
    [
      "another one answers at its address",
      (store: FaultyS3) => store.keep(OBJECT, Buffer.from("another-identity\n")),
      "it shows the identity another-identity",
    ],
  ])("is lost while %s, says so once, and is back when the right one is", async (_, lose, reason) => {
    await using at = await watched();
    const before = new Map(at.store.objects);
    at.said();
    lose(at.store);
    const since = Date.now();
    for (let n = 0; n < 3; n++) await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(false);
    expect(only(at.fleet).lostSince?.getTime()).toBeGreaterThanOrEqual(since);
    const said = at.said();
    expect(said.map(({ level }) => level)).toEqual([50, 40]);
    expect(said[0]).toMatchObject({
      backend: "far",
      msg: expect.stringContaining("nearbucket backends replace far"),
      err: { message: expect.stringContaining(reason) },
    });
    for (const [key, object] of before) at.store.objects.set(key, object);
    await at.fleet.probeNow();
    expect(only(at.fleet)).toMatchObject({ up: true, lostSince: undefined });
  });

  it("is not lost when nobody can tell what stands there", async () => {
    await using at = await watched();
    at.store.script({ method: "HEAD" }, { do: "status", status: 403, code: "AccessDenied" });
    await at.fleet.probeNow();
    expect(only(at.fleet)).toMatchObject({ up: false, lostSince: undefined });
  });

  it("is down from when it is registered under another identity until that is found", async () => {
    await using at = await watched();
    at.fleet.setRegistrations([registrationOf("far", { identity: "new-identity" })]);
    expect(only(at.fleet).up).toBe(false);
    await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(false);
    at.store.keep(OBJECT, Buffer.from("new-identity\n"));
    await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(true);
  });

  it("drains and leaves as the database says", async () => {
    await using at = await watched();
    at.fleet.setRegistrations([registrationOf("far", { state: "draining" })]);
    expect(only(at.fleet)).toMatchObject({ up: true, draining: true });
    expect(at.fleet.isPresent("far")).toBe(false);
    at.fleet.setRegistrations([registrationOf("far", { state: "removed" })]);
    expect([at.fleet.get("far"), at.fleet.members(), at.fleet.isPresent("far")]).toEqual([undefined, [], false]);
    at.fleet.setRegistrations([registrationOf("far")]);
    await at.fleet.probeNow();
    expect(only(at.fleet)).toMatchObject({ up: true, draining: false });
    expect(at.fleet.isPresent("far")).toBe(true);
  });

  it("is present until ten minutes after any gateway last found it", async () => {
    await using at = await watched();
    await at.store.stop();
    await at.fleet.probeNow();
    expect([only(at.fleet).up, at.fleet.isPresent("far")]).toEqual([false, true]);
    const other = openFleet({
      backends: [backendAt(at.store.endpoint)],
      regions,
      log: openLog("silent"),
      probeIntervalMs: HOUR,
    });
    const ago = (minutes: number) => registrationOf("far", { seenAt: new Date(Date.now() - minutes * 60_000) });
    other.setRegistrations([ago(9)]);
    expect(other.isPresent("far")).toBe(true);
    other.setRegistrations([ago(11)]);
    expect(other.isPresent("far")).toBe(false);
    await other.close();
  });

  it("that takes no writes serves reads, and is not written to until a small write succeeds", async () => {
    await using at = await watched();
    const full = at.store.script({ method: "PUT" }, { do: "status", status: 507, code: "XMinioStorageFull" });
    at.fleet.reportFailure(unavailable);
    await full.met;
    await at.fleet.probeNow();
    expect(only(at.fleet)).toMatchObject({ up: true, writable: false });
    expect(healthyMembers(at.fleet.members())).toEqual([]);
    full.remove();
    for (let n = 0; n < 10; n++) await at.fleet.probeNow();
    expect(only(at.fleet).writable).toBe(true);
    expect(healthyMembers(at.fleet.members())).toHaveLength(1);
  });

  it("takes writes on when one small write is late, not when two are, and again with the next probe", async () => {
    const isLate: boolean[] = [];
    const busy = Object.assign(new MemoryBackend({ name: "far", region: "there" }), {
      probeWrite: () => (isLate.shift() ? Promise.reject(unavailable) : Promise.resolve()),
    });
    const fleet = openFleet({ backends: [busy], regions, log: openLog("silent"), probeIntervalMs: HOUR });
    await registerAll(fleet, [busy]);
    const { backend } = only(fleet);
    const isWritableAfter = async (...late: boolean[]) => {
      isLate.push(...late);
      while (isLate.length > 0) await fleet.probeNow();
      return only(fleet).writable;
    };
    expect(await isWritableAfter(true, false)).toBe(true);
    expect(await isWritableAfter(true, true)).toBe(false);
    expect(await isWritableAfter(true)).toBe(false);
    expect(await isWritableAfter(false)).toBe(true);
    busy.probeWrite = async () => {
      const sink = backend.write("key", 5, () => undefined);
      await sink.write(Buffer.from("bytes"));
      await sink.finish(undefined);
      throw unavailable;
    };
    for (let n = 0; n < 10; n++) await fleet.probeNow();
    expect(only(fleet).writable).toBe(true);
    await fleet.close();
  });

  it("asks a store to write once in ten probes", async () => {
    await using at = await watched();
    for (let n = 0; n < 20; n++) await at.fleet.probeNow();
    expect(at.store.requests.filter(({ key }) => key === "nearbucket-probe")).toHaveLength(3);
  });

  it("that heeds no end of time is down after two time-outs, and stays up when it answers before", async () => {
    const answers: (() => void)[] = [];
    const asked: AbortSignal[] = [];
    let isSilent = false;
    const slow = Object.assign(new MemoryBackend({ name: "far", region: "there" }), {
      probe: async (signal: AbortSignal) => {
        if (!isSilent) return;
        asked.push(signal);
        await new Promise<void>((resolve) => void answers.push(resolve));
      },
    });
    const probeTimeoutMs = 300;
    const options = { backends: [slow], regions, log: openLog("silent"), probeIntervalMs: HOUR, probeTimeoutMs };
    const fleet = openFleet(options);
    await registerAll(fleet, [slow]);
    isSilent = true;
    const probing = fleet.probeNow();
    await Promise.all(asked.map((signal) => once(signal, "abort")));
    // Now the second time-out begins.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (const answer of answers.splice(0)) answer();
    await probing;
    expect(only(fleet).up).toBe(true);
    const startedAt = performance.now();
    await fleet.probeNow();
    expect(only(fleet).up).toBe(false);
    expect(performance.now() - startedAt).toBeGreaterThan(1.9 * probeTimeoutMs);
    for (const answer of answers.splice(0)) answer();
    await fleet.close();
  });

  it("stays up while bytes are read from it, though its probes go unanswered, and not when it is lost", async () => {
    const asked: (() => void)[] = [];
    const late = () => new Promise<void>((resolve) => void asked.push(resolve));
    const fails = (fault: "unavailable" | "corrupt") => async () => {
      await reads();
      throw new BackendError("far", fault);
    };
    const good = () => Promise.resolve();
    let probe: () => Promise<void> = good;
    const busy = Object.assign(new MemoryBackend({ name: "far", region: "there" }), { probe: () => probe() });
    const options = { backends: [busy], regions, log: openLog("silent"), probeIntervalMs: HOUR, probeTimeoutMs: 200 };
    const fleet = openFleet(options);
    await registerAll(fleet, [busy]);
    const { backend } = only(fleet);
    const reads = () => backend.read("key", 5);
    await writeAll(busy.write("key", 5), Buffer.from("bytes"));
    const isUpAfter = async (next: typeof probe, during: () => Promise<unknown>) => {
      probe = next;
      const probing = fleet.probeNow();
      await during();
      await probing;
      return only(fleet).up;
    };
    expect(await isUpAfter(late, reads)).toBe(true);
    for (const answer of asked.splice(0)) answer();
    expect(await isUpAfter(fails("unavailable"), good)).toBe(true);
    expect(await isUpAfter(fails("corrupt"), good)).toBe(false);
    expect(await isUpAfter(good, good)).toBe(true);
    expect(await isUpAfter(late, () => failure(backend.read("no such key", 5)))).toBe(false);
    for (const answer of asked) answer();
    await fleet.close();
  });

  it("that hangs is asked once, and again when it has answered", async () => {
    const release: (() => void)[] = [];
    const hanging = Object.assign(new MemoryBackend({ name: "far", region: "there" }), {
      probe: () => new Promise<void>((resolve) => void release.push(resolve)),
    });
    const fleet = openFleet({
      backends: [hanging],
      regions,
      log: openLog("silent"),
      probeIntervalMs: HOUR,
      probeTimeoutMs: 5,
    });
    await registerAll(fleet, [hanging]);
    for (let n = 0; n < 3; n++) await fleet.probeNow();
    expect([release.length, only(fleet).up]).toEqual([1, false]);
    await vi.waitFor(
      async () => {
        const probing = fleet.probeNow();
        for (const answer of release.splice(0)) answer();
        await probing;
        expect(only(fleet).up).toBe(true);
      },
      { interval: 1 },
    );
    await fleet.close();
  });
});
