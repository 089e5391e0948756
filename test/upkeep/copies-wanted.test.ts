// A blob has as many copies as any of its objects asks for, whoever comes, goes or changes its mind.

import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { judgeSafety } from "../../src/admin/safety.ts";
import { destinationOf } from "../../src/blobs/scope.ts";
import { sum } from "../../src/metadata/holders.ts";
import { makePostgres, postgresUrl } from "../support/engines.ts";
import { bytesOf, openRig, type Rig, statesOf } from "../support/rig.ts";
import { DAY, HOUR, pass } from "./repair-support.ts";

const bytes = randomBytes(20_000);
const THREE = { copies: 3 } as const;

async function openOn(engine: string) {
  if (engine === "SQLite") return { rig: await openRig({ graceMs: DAY }), remove: async () => undefined };
  const database = await makePostgres(postgresUrl ?? "");
  return { rig: await openRig({ graceMs: DAY, engine: database.engine }), remove: () => database.remove() };
}

/** As PutObject does it, by the bucket's settings of this moment. */
async function put(rig: Rig, key: string): Promise<void> {
  const bucket = await rig.metadata.buckets.find("bucket");
  if (bucket === undefined) throw new Error("there is a bucket");
  const destination = destinationOf(bucket, bucket.owner.id, undefined, { dedup: "account", copies: 2 });
  const { content, md5 } = await rig.blobs.put(bytesOf(bytes), destination);
  await rig.name(key, content, md5);
}

const setCopies = (rig: Rig, copies: number | undefined) =>
  rig.metadata.buckets.updateSettings(rig.bucket.id, ({ copies: _before, ...kept }) => ({
    ...kept,
    ...(copies !== undefined && { copies }),
  }));

/** Whatever was to be removed is gone. */
const settled = async (rig: Rig, key: string) => {
  await pass(rig, rig.upkeep, 0, HOUR, DAY, HOUR);
  return Object.values(await statesOf(rig, key));
};
const good = (copies: number) => Array.from({ length: copies }, () => "verified");

describe.each(["SQLite", ...(postgresUrl ? ["PostgreSQL"] : [])])("copies, on %s,", (engine) => {
  const on = async (test: (rig: Rig) => Promise<void>) => {
    const { rig, remove } = await openOn(engine);
    try {
      await test(rig);
    } finally {
      await rig[Symbol.asyncDispose]();
      await remove();
    }
  };

  it("are as many as the most that any object asks for, while it is there", () =>
    on(async (rig) => {
      await put(rig, "usual");
      expect(await settled(rig, "usual")).toEqual(good(2));
      await setCopies(rig, 3);
      await rig.upkeep.runDue();
      await rig.put("again", bytes, { wanted: THREE, minimumCopies: 1 });
      expect((await rig.blobOf("usual")).id).toBe((await rig.blobOf("again")).id);
      expect(await settled(rig, "usual")).toEqual(good(3));
    }));

  it("follow a bucket that comes to ask for more, and for less again", () =>
    on(async (rig) => {
      await put(rig, "key");
      await put(rig, "other");
      await setCopies(rig, 3);
      expect(await settled(rig, "key")).toEqual(good(3));
      await put(rig, "third");
      expect((await rig.blobOf("third")).id).toBe((await rig.blobOf("key")).id);
      await setCopies(rig, undefined);
      expect(await settled(rig, "key")).toEqual(good(2));
      expect((await rig.blobOf("key")).wanted).toBeUndefined();
    }));

  it("become fewer when the object that asked for them is gone, and not before", () =>
    on(async (rig) => {
      await put(rig, "usual");
      const regions = ["x", "y", "z"];
      const { found } = await rig.metadata.objects.find("bucket", "usual");
      if (found === undefined) throw new Error("it was just written");
      const content = { kind: "known", blobId: found.blob.id, size: found.blob.size, etag: found.blob.etag } as const;
      await rig.metadata.objects.put({
        ...{ bucketId: rig.bucket.id, key: "more", etag: content.etag, checksum: undefined, parts: undefined },
        ...{ content: { ...content, copies: 3 }, attributes: { metadata: {}, regions }, condition: {} },
      });
      expect(await settled(rig, "usual")).toEqual(good(3));
      await rig.metadata.objects.delete(rig.bucket.id, "more");
      expect(await settled(rig, "usual")).toEqual(good(2));
    }));

  it("are counted by what each blob should have", () =>
    on(async (rig) => {
      await rig.put("three", bytes, { wanted: THREE });
      await rig.put("two", randomBytes(100));
      const places = rig.fleet.members().map(({ backend: { name }, region }) => {
        return { name, region: region.name, inPlace: true, attached: true, present: true };
      });
      const short = async (without: string) => {
        const left = places.filter(({ name }) => name !== without);
        return judgeSafety(await rig.metadata.holders.sets(), left, { copies: 2 }).underReplicated.blobs;
      };
      const [spare] = places.filter(({ name }) => name !== "a" && name !== "b");
      expect(await short("")).toBe(0);
      expect(await short(spare?.name ?? "")).toBeGreaterThanOrEqual(1);
      const without = await rig.metadata.backends.shortWithout("a", (wanted) => wanted?.copies ?? 2, new Date(0));
      expect(sum(without).blobs).toBeGreaterThanOrEqual(1);
      expect((await rig.metadata.stats.report(2)).underReplicated).toBe(0);
      expect((await rig.metadata.stats.report(2, ["a", "b"])).underReplicated).toBeGreaterThanOrEqual(1);
    }));

  it("are not given up by a removal that was decided before an object asked for more", () =>
    on(async (rig) => {
      await rig.put("key", bytes, { wanted: THREE });
      const { id, storageKey } = await rig.blobOf("key");
      const retired = await rig.metadata.blobs.retireReplica({ id, storageKey }, "c", ["a", "b"], new Date());
      expect(retired).toBeUndefined();
      expect(Object.values(await statesOf(rig, "key"))).toEqual(good(3));
    }));
});
