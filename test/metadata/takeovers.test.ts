// What was written or deleted in a bucket that takes another over stays so, whatever comes from there, on both engines.
import { expect, it } from "vitest";
import type { ObjectAttributes } from "../../src/model.ts";
import { etagOf, openPlace, openTakingPlace, TAKEN, takeOver } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const modifiedAt = new Date("2020-02-02T02:02:02Z");
const brought: ObjectAttributes = { metadata: {}, brought: "as it was there" };

onBothEngines("Takeovers", (store) => {
  const open = async () => {
    const { metadata } = store();
    const place = await openTakingPlace(metadata);
    const take = (key: string, text: string, replaces?: string) =>
      place.put(key, text, { modifiedAt, attributes: brought, taken: { replaces } });
    return { metadata, ...place, take };
  };
  const refused = { code: "PreconditionFailed" };

  it("are known by their buckets' settings", async () => {
    const { metadata } = store();
    const { bucket } = await openPlace(metadata);
    expect(await metadata.takeovers.list()).toEqual([]);
    await takeOver(metadata, bucket.id);
    expect(await metadata.takeovers.list()).toEqual([{ bucket: bucket.name, from: TAKEN }]);
    expect((await metadata.buckets.find(bucket.name))?.settings.takesOver).toEqual(TAKEN);
  });

  it("bring objects with their own times, and a newer state of what nobody changed", async () => {
    const { metadata, bucket, take } = await open();
    expect((await take("a", "first")).modifiedAt).toEqual(modifiedAt);
    expect(await metadata.takeovers.standing(bucket.id, "a")).toEqual({
      ...{ etag: etagOf("first"), modifiedAt, brought: "as it was there" },
    });
    await expect(take("a", "second")).rejects.toMatchObject(refused);
    await expect(take("a", "second", etagOf("other"))).rejects.toMatchObject(refused);
    expect((await take("a", "second", etagOf("first"))).etag).toBe(etagOf("second"));
  });

  it("neither cover nor replace what a client wrote or changed", async () => {
    const { metadata, bucket, put, take } = await open();
    await put("written", "new");
    await expect(take("written", "old")).rejects.toMatchObject(refused);
    await expect(take("written", "old", etagOf("new"))).rejects.toMatchObject(refused);
    const object = await take("tagged", "old");
    await metadata.objects.updateAttributes(bucket.id, object, (now) => ({ ...now, tags: [{ key: "a", value: "b" }] }));
    expect(await metadata.takeovers.standing(bucket.id, "tagged")).toMatchObject({ brought: undefined });
    await expect(take("tagged", "newer", etagOf("old"))).rejects.toMatchObject(refused);
    await expect(take("nowhere", "newer", etagOf("old"))).rejects.toMatchObject(refused);
  });

  it("bring back nothing that was deleted, whether it had come or not, until they end", async () => {
    const { metadata, bucket, take } = await open();
    const { objects, takeovers } = metadata;
    await take("came", "old");
    await objects.delete(bucket.id, "came", {}, true);
    await take("kept", "old");
    await objects.deleteMany(bucket.id, [{ key: "never came" }, { key: "kept", ifMatch: "x" }], true);
    await objects.delete(bucket.id, "of no takeover");
    const keys = ["came", "never came", "kept", "of no takeover", "another"];
    expect(await takeovers.deleted(bucket.id, keys)).toEqual(new Set(["came", "never came"]));
    expect(await takeovers.deleted(bucket.id + 1, keys)).toEqual(new Set());
    expect(await takeovers.standing(bucket.id, "came")).toBe("deleted");
    for (const key of ["came", "never came"]) await expect(take(key, "old")).rejects.toMatchObject(refused);
    await takeovers.forget(bucket.id);
    expect(await takeovers.deleted(bucket.id, keys)).toEqual(new Set());
    await take("came", "old");
  });

  it("let a deletion win over what comes in the same moment", async () => {
    const { metadata, bucket, take } = await open();
    const another = await store().openAnother();
    const keys = Array.from({ length: 40 }, (_, at) => `${at}`.padStart(2, "0"));
    for (const remove of [
      () => Promise.all(keys.map((key) => another.objects.delete(bucket.id, key, {}, true))),
      () =>
        another.objects.deleteMany(
          bucket.id,
          keys.map((key) => ({ key })),
          true,
        ),
    ]) {
      await metadata.takeovers.forget(bucket.id);
      await Promise.all([...keys.map((key) => take(key, key).catch(() => undefined)), remove()]);
      const { entries } = await metadata.objects.list(bucket.id, {
        ...{ prefix: "", delimiter: undefined, after: undefined, limit: 100 },
      });
      expect(entries).toEqual([]);
      expect(await metadata.takeovers.deleted(bucket.id, keys)).toEqual(new Set(keys));
    }
  });

  it("bring nothing after their end, when no deletion is remembered", async () => {
    const { metadata, bucket, take } = await open();
    await metadata.buckets.updateSettings(bucket.id, ({ takesOver: _ended, ...settings }) => settings);
    await expect(take("late", "old")).rejects.toMatchObject({ code: "InvalidBucketState" });
  });

  it("leave nothing of a bucket that is deleted", async () => {
    const { metadata, bucket } = await open();
    await metadata.objects.deleteMany(
      bucket.id,
      Array.from({ length: 1000 }, (_, at) => ({ key: `${at}` })),
      true,
    );
    await metadata.buckets.delete(bucket.id);
    expect(await metadata.takeovers.deleted(bucket.id, ["0", "999"])).toEqual(new Set());
  });
});
