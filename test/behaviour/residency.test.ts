// Bytes that must stay in some regions stand, come to stand and are read nowhere else, whatever fails.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type DiskName, openDisks } from "../support/disks.ts";
import { bytesOf, OUTAGE_GRACE_MS, openRigOver, statesOf } from "../support/rig.ts";
import { DAY, HOUR, pass, setAway } from "../upkeep/repair-support.ts";

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: { code?: string }) => error.code,
  );
const MIB = 1024 * 1024;
const HOME = { regions: ["x", "y"] } as const;
/** In region x, y and z; a second one in x. */
const ALL: readonly DiskName[] = ["a", "b", "c", "d"];
const small = randomBytes(20_000);
const large = randomBytes(3 * MIB);

async function openHome(names: readonly DiskName[] = ALL) {
  const disks = await openDisks(names);
  const over = await openRigOver(disks, { graceMs: DAY });
  const held = async (key: string) => disks.holders((await over.rig.blobOf(key)).storageKey);
  /** Anything that stands outside. */
  const outside = async () => {
    const keys: string[] = [];
    for await (const { key } of over.rig.backend("c").list("blobs/")) keys.push(key);
    return keys;
  };
  return { ...over, disks, held, outside };
}

describe("bytes that must stay in two of three regions", () => {
  it.each([
    ["small", small],
    ["large", large],
  ])("are written there only, %s", async (_size, bytes) => {
    await using s = await openHome();
    for (let at = 0; at < 8; at++)
      await s.rig.put(String(at), Buffer.concat([bytes, Buffer.from([at])]), { wanted: HOME });
    for (let at = 0; at < 8; at++) {
      const held = await s.held(String(at));
      expect([held.length, held.includes("b"), held.includes("c")]).toEqual([2, true, false]);
    }
    expect(await s.outside()).toEqual([]);
  });

  it.each([
    ["small", small],
    ["large", large],
  ])("are refused while one of the regions is away, %s", async (_size, bytes) => {
    await using s = await openHome();
    await setAway(s.disks, s.rig.fleet, "b");
    const put = s.rig.blobs.put(bytesOf(bytes), { scope: s.rig.scope, wanted: HOME });
    await expect(put).rejects.toMatchObject({
      code: "ServiceUnavailable",
      cause: { message: expect.stringContaining("too few backends in the regions x, y can take a write") },
    });
    expect(await codeOf(s.rig.startUpload("parts", HOME))).toBe("ServiceUnavailable");
    await setAway(s.disks, s.rig.fleet);
    expect(await s.rig.standing()).toEqual({ a: [], b: [], c: [], d: [] });
  });

  it("are refused when the only backend of a region fails the write, and spill over nowhere", async () => {
    await using s = await openHome();
    s.disks.away.add("b");
    const put = s.rig.blobs.put(bytesOf(large), { scope: s.rig.scope, wanted: HOME });
    expect(await codeOf(put)).toBe("ServiceUnavailable");
    expect(await s.outside()).toEqual([]);
  });

  it("are repaired within them, and stay short rather than leave", async () => {
    await using s = await openHome();
    const { rig, disks } = s;
    await rig.put("key", small, { wanted: HOME });
    await setAway(disks, rig.fleet, "b");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS, HOUR);
    expect(await s.held("key")).toEqual(["a", "b", "d"]);
    await setAway(disks, rig.fleet, "b", "a");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS, HOUR);
    expect(await rig.metadata.jobs.foundFew()).toBe(1);
    expect(await s.outside()).toEqual([]);
    expect((await rig.get("key")).equals(small)).toBe(true);
  });

  it("do not leave a backend that is emptied when no other of them is left", async () => {
    await using s = await openHome(["a", "b", "c"]);
    const { rig } = s;
    await rig.put("key", small, { wanted: HOME });
    await rig.metadata.backends.setState("a", "draining");
    rig.fleet.setRegistrations(await rig.metadata.backends.list());
    await pass(rig, rig.upkeep, 0, HOUR, DAY, HOUR);
    expect(await s.held("key")).toEqual(["a", "b"]);
    expect(await statesOf(rig, "key")).toEqual({ a: "verified", b: "verified" });
  });

  it("come in parts to them only, also when a backend fails between", async () => {
    await using s = await openHome();
    const { rig, disks } = s;
    const upload = await rig.startUpload("key", HOME);
    await rig.uploadPart(upload, 1, randomBytes(5 * MIB));
    const [first] = upload.backends.filter(({ backend }) => backend !== "b");
    await setAway(disks, rig.fleet, first?.backend as DiskName);
    await rig.uploadPart(upload, 2, randomBytes(MIB));
    await rig.completeUpload(upload);
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS, HOUR);
    expect((await rig.blobOf("key")).wanted).toEqual(HOME);
    expect(await s.held("key")).toEqual(expect.arrayContaining(["b"]));
    expect(await s.outside()).toEqual([]);
  });

  it("become an object inside, of parts that only a backend has that stands outside by now", async () => {
    await using s = await openHome();
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "a", "d");
    // On b and c: c was in one of the regions when the upload began.
    const upload = await rig.metadata.uploads.create({
      ...(await rig.blobs.startUpload(undefined)),
      ...{ bucketId: rig.bucket.id, key: "key", accountId: rig.bucket.owner.id, attributes: { metadata: {} } },
      ...{ checksumAlgorithm: undefined, checksumType: undefined, dedup: "account", wanted: HOME },
    });
    await setAway(disks, rig.fleet);
    const { wanted: _, ...before } = await rig.findUpload(upload);
    const { content } = await rig.blobs.putPart(before, 1, bytesOf(large));
    expect([...content.backends].sort()).toEqual(["b", "c"]);
    const part = { partNumber: 1, ...content, checksum: undefined };
    await rig.metadata.uploads.putPart(upload.uploadId, { ...part, backends: ["c"] });
    // None goes there any more, and b alone does not have all.
    expect(await codeOf(rig.uploadPart(upload, 2, small))).toBe("ServiceUnavailable");
    await setAway(disks, rig.fleet, "a", "d");
    // One copy inside is not enough.
    expect(await codeOf(rig.completeUpload(upload))).toBe("ServiceUnavailable");
    await setAway(disks, rig.fleet);
    await rig.completeUpload(upload);
    const { b, c, ...others } = await statesOf(rig, "key");
    expect([b, c, Object.values(others)]).toEqual(["verified", "lost", ["verified"]]);
    expect((await rig.get("key")).equals(large)).toBe(true);
    await pass(rig, rig.upkeep, HOUR, DAY, HOUR, HOUR);
    expect(await s.outside()).toEqual([]);
  });

  it("are never read from elsewhere, and what stands elsewhere is removed", async () => {
    await using s = await openHome();
    const { rig, disks } = s;
    await rig.put("key", small, { wanted: HOME });
    const { id, storageKey } = await rig.blobOf("key");
    const sink = rig.backend("c").write(storageKey, small.length);
    await sink.write(small);
    await sink.finish();
    await rig.metadata.blobs.setReplica(id, "c", "verified", storageKey);
    await setAway(disks, rig.fleet, "a", "b", "d");
    expect(await codeOf(rig.get("key", { order: ["c"] }))).toBe("ServiceUnavailable");
    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, HOUR, DAY, HOUR, HOUR);
    expect(await s.outside()).toEqual([]);
    expect(Object.keys(await statesOf(rig, "key"))).not.toContain("c");
  });
});

describe("bytes that must stand in each of three regions", () => {
  const EACH = { copies: 3, regions: ["x", "y", "z"] } as const;

  it("do, and are not acknowledged with one missing", async () => {
    await using s = await openHome();
    const { rig, disks } = s;
    await rig.put("key", small, { wanted: EACH });
    const held = await s.held("key");
    expect(held).toHaveLength(3);
    expect(held).toEqual(expect.arrayContaining(["b", "c"]));
    await setAway(disks, rig.fleet, "c");
    const put = rig.blobs.put(bytesOf(large), { scope: rig.scope, wanted: EACH });
    expect(await codeOf(put)).toBe("ServiceUnavailable");
  });

  it("keep all three when repair has been there, and count as short without one", async () => {
    await using s = await openHome();
    const { rig, disks } = s;
    await rig.put("key", small, { wanted: EACH });
    await pass(rig, rig.upkeep, 0, HOUR, DAY, HOUR);
    expect(await s.held("key")).toHaveLength(3);
    await setAway(disks, rig.fleet, "c");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS, HOUR);
    const [set] = await rig.metadata.holders.sets();
    expect(set?.wanted).toEqual(EACH);
    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, 0, HOUR, DAY, HOUR);
    expect(await s.held("key")).toEqual(expect.arrayContaining(["b", "c"]));
  });
});
