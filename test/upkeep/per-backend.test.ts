// The sweeps that each backend has one of: they begin with the backend and end with it.
import { describe, expect, it } from "vitest";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { openLog } from "../../src/log.ts";
import { openRegistry } from "../../src/upkeep/registry.ts";
import { claimAll } from "../support/content.ts";
import { openRig, type Rig } from "../support/rig.ts";
import { HOUR, pass } from "./repair-support.ts";

/** The backends that have a scrub, an hour from now. */
async function scrubbed(rig: Rig): Promise<readonly string[]> {
  rig.clock.advance(HOUR);
  const claimed = await claimAll(rig.metadata);
  for (const job of claimed) await rig.metadata.jobs.putBack(job, rig.clock.now());
  return claimed.flatMap(({ work }) => (work.kind === "scrub" ? [work.backend] : [])).sort();
}

describe("a sweep of each backend", () => {
  it("is one job for each, and comes again", async () => {
    await using rig = await openRig();
    await pass(rig, rig.upkeep, 0, HOUR, HOUR);
    expect(rig.metadata.jobs.finished.get("scrub")).toBe(9);
    expect(await scrubbed(rig)).toEqual(["a", "b", "c"]);
  });

  it("begins for a backend that joins later", async () => {
    await using rig = await openRig();
    await rig.upkeep.runDue();
    const late = new MemoryBackend({ name: "late", region: "x" });
    rig.fleet.add(late);
    const { metadata, fleet, clock } = rig;
    const backends = [...rig.backends, late];
    const registry = openRegistry({ metadata, fleet, backends, now: clock.now, log: openLog("silent") });
    await registry.refresh();
    await rig.upkeep.runDue();
    expect(await scrubbed(rig)).toEqual(["a", "b", "c", "late"]);
    await registry.close();
  });

  it("ends for good with a backend that is removed", async () => {
    await using rig = await openRig();
    await rig.upkeep.runDue();
    await rig.metadata.backends.setState("c", "removed");
    rig.fleet.setRegistrations(await rig.metadata.backends.list());
    await pass(rig, rig.upkeep, HOUR);
    expect(await scrubbed(rig)).toEqual(["a", "b"]);
  });

  it("waits while only this gateway does not have the backend", async () => {
    await using rig = await openRig();
    await rig.upkeep.runDue();
    await rig.metadata.backends.register("elsewhere", "identity of elsewhere");
    await rig.metadata.jobs.add({ kind: "scrub", backend: "elsewhere" });
    await pass(rig, rig.upkeep, HOUR);
    expect(await scrubbed(rig)).toEqual(["a", "b", "c", "elsewhere"]);
  });
});
