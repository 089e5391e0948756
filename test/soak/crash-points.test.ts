// A gateway that is killed at any named point inside an operation or a job keeps everything it acknowledged.
// Shows I1, I2, I3, I5, I7 of docs/durability.md.
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../support/programs.ts";
import { points } from "./crash-points.ts";
import { type CrashRig, openCrashRig } from "./crash-rig.ts";
import { dieAt } from "./stage.ts";
import { minioStores } from "./stores.ts";

describeWith(["minio"], "a gateway that is killed when", () => {
  let rig: CrashRig;
  beforeAll(async () => {
    rig = await openCrashRig(await minioStores());
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it.each(Object.entries(points))(
    "%s keeps every acknowledged write",
    { timeout: 90_000 },
    async (name, { reach, settles, late = false }) => {
      const key = `point-${Object.keys(points).indexOf(name)}`;
      await dieAt(rig, key, reach, { late });
      await rig.recorder.readAll("after the restart");
      expect(rig.ledger.violations.splice(0)).toEqual([]);
      expect(rig.ledger.settled.splice(0)).toEqual(settles);
    },
  );

  it("all of this has happened leaves no orphan", { timeout: 180_000 }, async () => {
    expect(await rig.faultsWhenSettled()).toEqual([]);
    await rig.gateway.restart();
    await rig.recorder.readAll("in the end");
    expect(rig.ledger.violations).toEqual([]);
  });
});
