// What an operator is told of backends as time passes: by a running gateway, and by the database where none answers.
import { describe, expect, it } from "vitest";
import { BackendAdministration } from "../../src/admin/backend-administration.ts";
import { openRig, type Rig } from "../support/rig.ts";

const SECOND = 1000;

function administrationOf({ metadata, clock }: Rig): BackendAdministration {
  return new BackendAdministration({
    metadata,
    rule: { copies: 2 },
    configured: ["a", "b", "c"].map((name) => ({ kind: "memory", name, region: "x" })),
    attached: () => undefined,
    seal: () => {
      throw new Error("nothing is attached here");
    },
    outageGraceMs: 0,
    now: clock.now,
  });
}

describe("BackendAdministration", () => {
  it("says that a backend is in place only when a running gateway does", async () => {
    await using rig = await openRig();
    const administration = administrationOf(rig);
    const conditions = async (live?: Parameters<BackendAdministration["describe"]>[0]) =>
      (await administration.describe(live)).map(({ condition }) => condition);
    const seenAt = rig.clock.now();
    await rig.metadata.backends.lost("c", rig.fleet.get("c")?.identity ?? "");
    rig.clock.advance(15 * SECOND);
    expect(await conditions()).toEqual(["seen", "seen", "lost"]);
    const live = [
      { name: "a", up: true },
      { name: "b", up: false },
      { name: "c", up: false },
    ];
    expect(await conditions(live)).toEqual(["in place", "away", "lost"]);
    expect((await administration.describe(live))[1]?.at).toEqual(seenAt);
    expect(await conditions(live.map(({ name }) => ({ name, up: true })))).toEqual(Array(3).fill("in place"));
    rig.clock.advance(75 * SECOND);
    expect(await conditions()).toEqual(["away", "away", "lost"]);
  });

  it("says when a backend may be replaced that a gateway has just seen", async () => {
    await using rig = await openRig();
    const replace = () => administrationOf(rig).replace("a", { acceptLoss: false, onProgress: () => undefined });
    rig.clock.advance(15.5 * SECOND);
    await expect(replace()).rejects.toThrow(
      "a gateway found a in place 15 s ago: there is nothing to replace. If it is lost since then, try again in 75 s",
    );
    rig.clock.advance(74.5 * SECOND);
    expect((await replace()).lost).toBe(0);
  });
});
