// What an operator is told of backends as time passes: by a running gateway, and by the database where none answers.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BackendAdministration } from "../../src/admin/backend-administration.ts";
import { openLog } from "../../src/log.ts";
import { openRegistry } from "../../src/upkeep/registry.ts";
import type { Wanted } from "../../src/wanted.ts";
import { openRig, type Rig } from "../support/rig.ts";

const SECOND = 1000;

/** `moved`: backends that stand in another region than when they were written to. */
function administrationOf(
  { metadata, backends, clock }: Rig,
  moved: Readonly<Record<string, string>> = {},
): BackendAdministration {
  return new BackendAdministration({
    metadata,
    rule: { copies: 2 },
    configured: backends.map(({ name, region }) => ({ kind: "memory", name, region: moved[name] ?? region })),
    attached: () => undefined,
    seal: () => {
      throw new Error("nothing is attached here");
    },
    isNested: () => false,
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

  it.each<[what: string, wanted: Wanted | undefined, missing: number, regions?: readonly string[]]>([
    ["what two others can take", undefined, 0],
    ["what wants three copies", { copies: 3 }, 1],
    ["what may stand in two of three regions", { regions: ["x", "y"] }, 1, ["x", "y"]],
    ["what may stand in all of them", { regions: ["x", "y", "z"] }, 0],
    ["what wants more than there are, in one region", { copies: 3, regions: ["x"] }, 3, ["x"]],
  ])("says how many backends it takes to empty one, and where: %s", async (_what, wanted, missing, regions) => {
    await using rig = await openRig();
    await rig.put("key", randomBytes(100), { minimumCopies: 1, ...(wanted && { wanted }) });
    const administration = administrationOf(rig);
    const { replicas } = await rig.blobOf("key");
    const name = replicas.map(({ backend }) => backend).sort()[0] ?? "";
    const missingIn = regions === undefined ? [] : [{ backends: missing, regions }];
    expect(await administration.drain(name)).toEqual({ backendsMissing: missing, missingIn });
    // As gateways do once they have seen the drain.
    const registry = openRegistry({ ...rig, now: rig.clock.now, log: openLog("silent") });
    await registry.refresh();
    await rig.upkeep.runDue();
    await registry.close();
    const removed = administration.remove(name);
    await (missing === 0 ? removed : expect(removed).rejects.toThrow(/fewer copies than they should|only good copy/));
  });

  it("names the uploads that keep a backend, also where their bytes may not stand there any more", async () => {
    await using rig = await openRig();
    const upload = await rig.startUpload("film", { regions: ["x", "y"] });
    const part = { partNumber: 1, size: 1, etag: "etag", checksum: undefined, backends: ["b"] };
    await rig.metadata.uploads.putPart(upload.uploadId, part);
    const administration = administrationOf(rig, { b: "elsewhere" });
    await administration.drain("b");
    await expect(administration.remove("b")).rejects.toThrow(
      "1 unfinished uploads have parts only on b: complete or abort them first (bucket/film)",
    );
    await rig.metadata.uploads.abort(upload.uploadId);
    await administration.remove("b");
  });

  it("does not let go of a backend for a copy that came to stand outside of a blob's regions", async () => {
    await using rig = await openRig();
    await rig.put("key", randomBytes(100), { wanted: { regions: ["x", "y", "z"] } });
    const { id } = await rig.blobOf("key");
    for (const name of ["a", "b", "c"]) await rig.metadata.blobs.setReplica(id, name, "verified");
    const after = administrationOf(rig, { b: "elsewhere" });
    const regions = ["x", "y", "z"];
    expect(await after.drain("a")).toEqual({ backendsMissing: 1, missingIn: [{ backends: 1, regions }] });
    await expect(after.remove("a")).rejects.toThrow("1 blobs (100 bytes) would have fewer copies than they should");
    await expect(administrationOf(rig).remove("a")).resolves.toBeUndefined();
  });
});
