// Objects that stand on a backend already are entered once, with their own times, and never in place of others.
import { expect, it } from "vitest";
import type { AdoptedObject } from "../../src/metadata/adoptions.ts";
import { claimAll, etagOf, openTakingPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const modifiedAt = new Date("2020-02-02T02:02:02Z");

function adopted(bucketId: number, key: string, storageKey = `adopted/amsterdam/${key}`): AdoptedObject {
  const etag = etagOf(key);
  return {
    ...{ bucketId, key, etag, modifiedAt, attributes: { metadata: {} }, checksum: undefined, parts: undefined },
    condition: {},
    content: {
      ...{ kind: "fresh", storageKey, size: 5, etag, digest: undefined, partSizes: undefined, scope: "account:1" },
      ...{ backends: ["amsterdam"], touched: [], copies: 2, good: 1, replaces: undefined },
    },
  };
}

onBothEngines("Adoptions", (store) => {
  it("enters an object with its own time, and has it copied", async () => {
    const { metadata } = store();
    const { bucket, blobOf } = await openTakingPlace(metadata);
    expect(await metadata.adoptions.obstacle(bucket.id, "a", "adopted/amsterdam/a")).toBeUndefined();
    expect(await metadata.adoptions.adopt([adopted(bucket.id, "a"), adopted(bucket.id, "b")])).toEqual([
      ...["adopted", "adopted"],
    ]);
    expect((await metadata.objects.find(bucket.name, "a")).found?.object.modifiedAt).toEqual(modifiedAt);
    const { id, replicas, digest } = await blobOf("a");
    expect(digest).toBeUndefined();
    expect(replicas.map(({ backend, state }) => [backend, state])).toEqual([["amsterdam", "verified"]]);
    const work = (await claimAll(metadata)).map((job) => job.work);
    // The job that copies it tells its digest too.
    expect(work.filter((one) => "blobId" in one && one.blobId === id)).toEqual([{ kind: "copy", blobId: id }]);
  });

  it("leaves alone what the bucket has already, and what was adopted before, also if it was deleted since", async () => {
    const { metadata } = store();
    const { bucket, put, blobOf } = await openTakingPlace(metadata);
    await put("a", "written");
    const before = await blobOf("a");
    const [a, b] = [adopted(bucket.id, "a"), adopted(bucket.id, "b")];
    expect(await metadata.adoptions.adopt([a, b])).toEqual(["exists", "adopted"]);
    expect(await blobOf("a")).toEqual(before);
    await metadata.objects.delete(bucket.id, "b");
    expect(await metadata.adoptions.adopt([b])).toEqual(["known"]);
    expect(await metadata.adoptions.obstacle(bucket.id, "b", b.content.storageKey)).toBe("known");
    expect(await metadata.adoptions.obstacle(bucket.id, "a", a.content.storageKey)).toBe("exists");
    const all = ["a", "b", "c"].map((key) => [`adopted/amsterdam/${key}`, key] as const);
    expect(await metadata.adoptions.adopt([adopted(bucket.id, "c")])).toEqual(["adopted"]);
    expect(await metadata.adoptions.gone(bucket.id, new Map(all))).toEqual(new Set(["b"]));
    expect((await metadata.objects.find(bucket.name, "b")).found).toBeUndefined();
  });

  it("ends with the takeover: what is deleted then is not remembered", async () => {
    const { metadata } = store();
    const { bucket } = await openTakingPlace(metadata);
    await metadata.buckets.updateSettings(bucket.id, ({ takesOver: _ended, ...settings }) => settings);
    const late = metadata.adoptions.adopt([adopted(bucket.id, "late")]);
    await expect(late).rejects.toMatchObject({ code: "InvalidBucketState" });
    expect((await metadata.objects.find(bucket.name, "late")).found).toBeUndefined();
  });

  it("gives way to a deletion in the same moment", async () => {
    const { metadata } = store();
    const { bucket } = await openTakingPlace(metadata);
    const another = await store().openAnother();
    const keys = Array.from({ length: 40 }, (_, at) => `${at}`.padStart(2, "0"));
    await Promise.all([
      ...keys.map((key) => metadata.adoptions.adopt([adopted(bucket.id, key)])),
      ...keys.map((key) => another.objects.delete(bucket.id, key, {}, true)),
    ]);
    for (const key of keys) expect((await metadata.objects.find(bucket.name, key)).found, key).toBeUndefined();
    const again = await metadata.adoptions.adopt(keys.map((key) => adopted(bucket.id, key, `adopted/again/${key}`)));
    expect(new Set(again)).toEqual(new Set(["deleted"]));
  });

  it("is entered once by two that run at the same time", async () => {
    const { metadata } = store();
    const { bucket } = await openTakingPlace(metadata);
    const all = ["a", "b", "c"].map((key) => adopted(bucket.id, key));
    const outcomes = await Promise.all([metadata.adoptions.adopt(all), metadata.adoptions.adopt(all)]);
    const of = (outcome: string) => outcomes.flat().filter((one) => one === outcome).length;
    expect([of("adopted"), of("known")]).toEqual([3, 3]);
  });
});
