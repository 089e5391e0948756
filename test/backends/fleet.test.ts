// Which backends are up, according to probes and to the failures of callers.
import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { openFleet } from "../../src/backends/fleet.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { openLog } from "../../src/log.ts";
import { failure } from "../contracts/backend-contract.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { registerAll } from "../support/registered.ts";
import { backendAt } from "./s3/support.ts";
import { HOUR, isDown, OBJECT, only, probes, regions, unavailable, watched } from "./watched.ts";

describe("a fleet", () => {
  it("shows its members in the order given, with their regions", async () => {
    const backends = ["b", "a", "c"].map((name) => new MemoryBackend({ name, region: "there" }));
    const fleet = openFleet({ backends, regions, log: openLog("silent"), draining: ["a"] });
    await registerAll(fleet, backends);
    expect(
      fleet.members().map(({ backend, region, up, draining }) => [backend.name, region.name, up, draining]),
    ).toEqual([
      ["b", "there", true, false],
      ["a", "there", true, true],
      ["c", "there", true, false],
    ]);
    expect(fleet.get("c")).toBe(fleet.members()[2]);
    expect(fleet.get("d")).toBeUndefined();
    await fleet.close();
  });

  it("refuses two backends of one name and an unknown region", () => {
    const one = new MemoryBackend({ name: "a", region: "there" });
    expect(() => openFleet({ backends: [one, one], regions, log: openLog("silent") })).toThrow(
      "two backends are called a",
    );
    expect(() => openFleet({ backends: [one], regions: [], log: openLog("silent") })).toThrow("unknown region: there");
  });

  it("takes a silent member down after two probes, and ends its work", async () => {
    await using at = await watched({ probeTimeoutMs: 400 });
    const hung = at.store.script({}, { do: "hang" });
    const work = failure(only(at.fleet).backend.open("blobs/ab/one"));
    await hung.met;
    await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(false);
    expect(await work).toMatchObject({ fault: "unavailable", message: "far: unavailable: went down" });
    expect(probes(at.store)).toBe(3);
  });

  it("tolerates a single failed probe", async () => {
    await using at = await watched();
    at.store.script({ method: "HEAD", nth: 1 }, { do: "status", status: 503 });
    await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(true);
  });

  it("brings a member back at the first good probe, and lets it work again", async () => {
    await using at = await watched();
    const away = at.store.script({ method: "HEAD" }, { do: "status", status: 503 });
    await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(false);
    expect(await failure(only(at.fleet).backend.stat("one"))).toMatchObject({ fault: "unavailable" });
    away.remove();
    await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(true);
    expect(await failure(only(at.fleet).backend.stat("one"))).toMatchObject({ fault: "absent" });
  });

  it("says why a member is down by the newest probe", async () => {
    await using at = await watched();
    const away = at.store.script({ method: "HEAD" }, { do: "status", status: 503 });
    await at.fleet.probeNow();
    expect(only(at.fleet).failure?.cause).toMatchObject({ message: expect.stringContaining("503") });
    away.remove();
    at.store.script({ method: "HEAD" }, { do: "status", status: 403 });
    await at.fleet.probeNow();
    expect(only(at.fleet).failure?.cause).toMatchObject({ message: expect.stringContaining("403") });
  });

  it("probes by itself, and finds a store that stopped and one that is back", async () => {
    await using at = await watched({ probeIntervalMs: 5, probeTimeoutMs: 1000 });
    await at.store.stop();
    await isDown(at.fleet);
    const seen = probes(at.store);
    await at.store.restart();
    await at.store.seen({ method: "HEAD", key: OBJECT }, seen + 2);
    expect(only(at.fleet).up).toBe(true);
  });

  it("probes at once when a caller found a member unavailable, and trusts the probe", async () => {
    await using at = await watched();
    at.fleet.reportFailure(unavailable);
    await at.store.seen({ method: "HEAD", key: OBJECT }, 2);
    await at.fleet.probeNow();
    expect(only(at.fleet).up).toBe(true);
    at.store.script({ method: "HEAD" }, { do: "status", status: 503 });
    at.fleet.reportFailure(unavailable);
    await isDown(at.fleet);
  });

  it("asks again when the probe under way began before the failure", async () => {
    await using at = await watched();
    const held = at.store.script({ method: "HEAD", nth: 1 }, { do: "hold-answer" });
    const probing = at.fleet.probeNow();
    await held.met;
    at.store.script({ method: "HEAD" }, { do: "status", status: 503 });
    at.fleet.reportFailure(unavailable);
    held.release();
    await probing;
    await isDown(at.fleet);
  });

  it("needs no probe to take down a member where nobody listens", async () => {
    await using at = await watched();
    await at.store.stop();
    const refused = await failure(only(at.fleet).backend.stat("blobs/ab/one"));
    at.fleet.reportFailure(refused);
    expect(only(at.fleet).up).toBe(false);
  });

  it.each(["absent", "refused", "corrupt"] as const)("does not doubt a member for an answer of %s", async (fault) => {
    await using at = await watched();
    at.fleet.reportFailure(new BackendError("far", fault));
    await at.fleet.probeNow();
    expect(probes(at.store)).toBe(2);
  });

  it("averages latency, the newest counting a fifth", async () => {
    const backends = [new MemoryBackend({ name: "far", region: "there" })];
    const fleet = openFleet({ backends, regions, log: openLog("silent"), probeIntervalMs: HOUR });
    await registerAll(fleet, backends);
    const start = only(fleet).latencyMs ?? Number.NaN;
    fleet.reportSuccess("far", 100);
    fleet.reportSuccess("nobody", 5);
    expect(only(fleet).latencyMs).toBeCloseTo(start + 0.2 * (100 - start));
    await fleet.close();
  });

  it("closes without waiting out a probe that hangs", async () => {
    const store = await startFaultyS3();
    const backends = [backendAt(store.endpoint)];
    const fleet = openFleet({ backends, regions, log: openLog("silent"), probeIntervalMs: HOUR, probeTimeoutMs: HOUR });
    await registerAll(fleet, backends);
    const hung = store.script({}, { do: "hang" });
    const probing = fleet.probeNow();
    await hung.met;
    await fleet.close();
    await probing;
    expect(only(fleet).up).toBe(true);
    await store[Symbol.asyncDispose]();
  });
});
