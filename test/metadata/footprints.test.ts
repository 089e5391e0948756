import { expect, it } from "vitest";
import { openPlace, type Place, through } from "../support/content.ts";
import { onBothEngines, type Store } from "../support/engines.ts";

async function another({ metadata }: Store, place: Place) {
  const { owner } = place.bucket;
  const bucket = await metadata.buckets.create({ name: "films", accountId: owner.id, location: "eu", settings: {} });
  return { bucket, ...through(metadata, { bucket, writerId: place.writerId }) };
}

onBothEngines("what objects take up", (store) => {
  it("counts a blob once, and as their own where nothing else refers to it", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    const other = await another(store(), place);
    await place.put("a/1", "four");
    await place.put("a/2", "four");
    await place.put("b/1", "sixsix");
    await other.put("k", "sixsix");
    expect(await metadata.footprints.ofBucket(place.bucket.id)).toEqual({
      ...{ objects: 3, logicalBytes: 14, uniqueBytes: 10, ownBytes: 4 },
    });
    expect(await metadata.footprints.ofBucket(other.bucket.id)).toEqual({
      ...{ objects: 1, logicalBytes: 6, uniqueBytes: 6, ownBytes: 0 },
    });
  });

  it("is nothing for an empty bucket", async () => {
    const { metadata } = store();
    const { bucket } = await openPlace(metadata);
    const nothing = { objects: 0, logicalBytes: 0, uniqueBytes: 0, ownBytes: 0 };
    expect(await metadata.footprints.ofBucket(bucket.id)).toEqual(nothing);
    expect(await metadata.footprints.ofKeys(bucket.id, ["k"])).toEqual(nothing);
    expect(await metadata.footprints.ofPrefix(bucket.id, "", 10)).toEqual({ ...nothing, truncated: false });
  });

  it("frees a blob by keys only when every object with it is among them", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    const ownBytes = async (...keys: string[]) => (await metadata.footprints.ofKeys(place.bucket.id, keys)).ownBytes;
    await place.put("a", "four");
    await place.put("b", "four");
    expect(await ownBytes("a")).toBe(0);
    expect(await ownBytes("a", "a")).toBe(0);
    expect(await ownBytes("a", "b", "missing")).toBe(4);
  });

  it("looks at so many objects with a prefix, and says when there are more", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    for (const key of ["a/1", "a/2", "a/3", "b"]) await place.put(key, "four");
    const { id } = place.bucket;
    expect(await metadata.footprints.ofPrefix(id, "a/", 3)).toEqual({
      ...{ objects: 3, logicalBytes: 12, uniqueBytes: 4, ownBytes: 0, truncated: false },
    });
    expect(await metadata.footprints.ofPrefix(id, "a/", 2)).toMatchObject({ objects: 2, truncated: true });
    expect(await metadata.footprints.ofPrefix(id, "", 4)).toMatchObject({ ownBytes: 4, truncated: false });
  });

  it("walks a bucket of more objects than one statement reads", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    await place.put("k", "four");
    const { id } = await place.blobOf("k");
    const [{ id: _own, ...row } = {}] = await store().look<object & { id?: number }>((knex) => knex("objects"));
    for (let at = 0; at < 2500; at += 250) {
      const rows = Array.from({ length: 250 }, (_, n) => ({ ...row, key: `many/${at + n}` }));
      await store().look((knex) => knex("objects").insert(rows));
    }
    await store().look((knex) => knex("blobs").where({ id }).update({ ref_count: 2501 }));
    expect(await metadata.footprints.ofBucket(place.bucket.id)).toEqual({
      ...{ objects: 2501, logicalBytes: 10_004, uniqueBytes: 4, ownBytes: 4 },
    });
    expect(await metadata.footprints.ofPrefix(place.bucket.id, "many/", 2500)).toMatchObject({
      ...{ objects: 2500, ownBytes: 0, truncated: false },
    });
    expect(await metadata.footprints.ofPrefix(place.bucket.id, "many/", 2400)).toMatchObject({
      ...{ objects: 2400, truncated: true },
    });
  });

  it("names the objects of one account with a blob, within places", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    const other = await another(store(), place);
    await place.put("a/1", "four");
    await place.put("b/1", "four");
    await other.put("k", "four");
    const { id } = await place.blobOf("a/1");
    const own = place.bucket.owner.id;
    const pictures = (prefix: string) => ({ bucket: "pictures", prefix });
    const all = await metadata.footprints.names(id, own, undefined, 100);
    expect(all.map(({ bucket, key }) => `${bucket}/${key}`).sort()).toEqual([
      "films/k",
      "pictures/a/1",
      "pictures/b/1",
    ]);
    expect(await metadata.footprints.names(id, own, undefined, 2)).toHaveLength(2);
    const within = await metadata.footprints.names(id, own, [pictures("a/"), pictures("")], 100);
    expect(within.map(({ key }) => key).sort()).toEqual(["a/1", "b/1"]);
    const stranger = await metadata.accounts.ensure("stranger");
    expect(await metadata.footprints.names(id, stranger.id, undefined, 100)).toEqual([]);
    expect(await metadata.footprints.references(id)).toBe(3);
  });

  it("lists every account's buckets by name, after a name", async () => {
    const { metadata } = store();
    await openPlace(metadata, "b-of-alice");
    await openPlace(metadata, "a-of-bob", "bob");
    const names = async (after?: string) =>
      (await metadata.buckets.listAll({ ...(after !== undefined && { after }), limit: 10 })).map(({ name }) => name);
    expect(await names()).toEqual(["a-of-bob", "b-of-alice"]);
    expect(await names("a-of-bob")).toEqual(["b-of-alice"]);
  });

  it("lists for an account its own buckets, and those of others that have any grant", async () => {
    const { metadata } = store();
    const own = await openPlace(metadata, "a-of-alice");
    await openPlace(metadata, "b-of-bob", "bob");
    const open = await openPlace(metadata, "c-of-bob", "bob");
    const acl = [{ grantee: { group: "AllUsers" }, permission: "READ" }] as const;
    await metadata.buckets.updateSettings(open.bucket.id, (settings) => ({ ...settings, acl }));
    const page = { limit: 10, reader: own.bucket.owner.id };
    expect((await metadata.buckets.listAll(page)).map(({ name }) => name)).toEqual(["a-of-alice", "c-of-bob"]);
    expect((await metadata.buckets.listAll({ ...page, after: "a-of-alice", limit: 1 })).length).toBe(1);
  });

  it("walks over one bucket after the other, and stops when nobody waits for it", async () => {
    const { metadata } = store();
    const { bucket } = await openPlace(metadata, "walked");
    const gone = new AbortController();
    const asked = [gone.signal, new AbortController().signal].map((signal) =>
      metadata.footprints.ofBucket(bucket.id, signal),
    );
    gone.abort();
    expect(await Promise.allSettled(asked)).toMatchObject([
      { status: "rejected", reason: { name: "AbortError" } },
      { status: "fulfilled", value: { objects: 0 } },
    ]);
  });
});
