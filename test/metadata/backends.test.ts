// The table of backends, and what is asked and changed about all the replicas of one.

import { expect, it } from "vitest";
import { sum } from "../../src/metadata/holders.ts";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { startUpload } from "../support/uploads.ts";

onBothEngines("Backends", (store) => {
  const rowOf = async (name: string) => (await store().metadata.backends.list()).find((row) => row.name === name);

  it("registers a name once, and an identity under one name", async () => {
    const { backends } = store().metadata;
    expect(await backends.register("amsterdam", "one")).toBe(true);
    expect(await backends.register("amsterdam", "two")).toBe(false);
    expect(await backends.register("toronto", "one")).toBe(false);
    expect(await backends.list()).toEqual([
      {
        name: "amsterdam",
        identity: "one",
        state: "attached",
        config: undefined,
        registeredAt: store().clock.now(),
        seenAt: new Date(0),
        lostAt: undefined,
      },
    ]);
  });

  it("gives a name to one of many that register it at once", async () => {
    const other = await store().openAnother();
    const outcomes = await Promise.all(
      [store().metadata, other, store().metadata, other].map(({ backends }, index) =>
        backends.register("amsterdam", `identity-${index}`),
      ),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect((await rowOf("amsterdam"))?.identity).toBe(`identity-${outcomes.indexOf(true)}`);
  });

  it("notes what is seen and lost of the very identity that is registered", async () => {
    const { metadata, clock } = store();
    await metadata.backends.register("amsterdam", "one");
    expect(await metadata.backends.seen("amsterdam", "other")).toBe(false);
    expect(await metadata.backends.seen("amsterdam", "one")).toBe(true);
    const seenAt = clock.now();
    clock.advance(1000);
    expect(await metadata.backends.lost("amsterdam", "one")).toBe(true);
    const lostAt = clock.now();
    clock.advance(1000);
    expect(await metadata.backends.lost("amsterdam", "one")).toBe(false);
    expect(await rowOf("amsterdam")).toMatchObject({ seenAt, lostAt });
    expect(await metadata.backends.replace("amsterdam", "other", "two")).toBe(false);
    expect(await metadata.backends.replace("amsterdam", "one", "two")).toBe(true);
    expect(await rowOf("amsterdam")).toMatchObject({ identity: "two", seenAt: clock.now(), lostAt: undefined });
  });

  it("knows every name that a replica has, and what stands there", async () => {
    const { metadata } = store();
    expect(await metadata.backends.namesInUse()).toEqual([]);
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    await put("b", "world!", { content: await fresh("world!", { backends: ["toronto", "zagreb"] }) });
    await metadata.blobs.setReplica((await blobOf("b")).id, "toronto", "lost");
    expect(await metadata.backends.namesInUse()).toEqual(["amsterdam", "toronto", "zagreb"]);
    expect([...(await metadata.backends.holdings())].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "amsterdam", replicas: 1, bytes: 5 },
      { name: "toronto", replicas: 1, bytes: 5 },
      { name: "zagreb", replicas: 1, bytes: 6 },
    ]);
    const { storageKey, size, etag } = await blobOf("a");
    expect(await metadata.backends.sample("toronto", 8)).toEqual([{ storageKey, size, etag }]);
  });

  it("counts what would have too few copies without one, by where the others are", async () => {
    const { metadata, clock } = store();
    const { put, fresh } = await openPlace(metadata);
    await put("a", "hello");
    await metadata.backends.register("amsterdam", "one");
    await metadata.backends.register("toronto", "two");
    await metadata.backends.seen("toronto", "two");
    const since = () => new Date(clock.now().getTime() - 600_000);
    const only = { blobs: 1, objects: 1, bytes: 5 };
    const none = { blobs: 0, objects: 0, bytes: 0 };
    const shortOf = async (copies: number) =>
      sum(await metadata.backends.shortWithout("amsterdam", () => copies, since()));
    expect(await shortOf(1)).toEqual(none);
    // One other cannot hold two.
    expect(await shortOf(2)).toEqual(only);
    await metadata.backends.setState("toronto", "draining");
    expect(await shortOf(1)).toEqual(only);
    await metadata.backends.setState("toronto", "attached");
    await metadata.backends.lost("toronto", "two");
    expect(await shortOf(1)).toEqual(only);
    await metadata.backends.seen("toronto", "two");
    await metadata.backends.register("zagreb", "three");
    await metadata.backends.seen("zagreb", "three");
    expect(await shortOf(1)).toEqual(none);
    expect(await shortOf(2)).toEqual(only);
    await put("a", "other", { content: await fresh("other", { backends: ["toronto", "zagreb"] }) });
    expect(await shortOf(2)).toEqual(none);
    await put("a", "hello");
    clock.advance(600_001);
    expect(await shortOf(1)).toEqual(only);
  });

  it("knows the unfinished uploads that have a part only there", async () => {
    const { metadata, clock } = store();
    const place = await openPlace(metadata);
    for (const name of ["amsterdam", "toronto"]) {
      await metadata.backends.register(name, name);
      await metadata.backends.seen(name, name);
    }
    const since = new Date(clock.now().getTime() - 600_000);
    const only = async () => (await metadata.backends.uploadsOnlyThere("amsterdam", since)).length;
    const part = (partNumber: number, backends: readonly string[]) => {
      return { partNumber, size: 1, etag: "etag", checksum: undefined, backends };
    };
    const { uploadId } = await startUpload(metadata, place, "film");
    await metadata.uploads.putPart(uploadId, part(1, ["amsterdam", "toronto"]));
    expect(await only()).toBe(0);
    await metadata.uploads.putPart(uploadId, part(2, ["amsterdam"]));
    await metadata.uploads.putPart(uploadId, part(3, ["amsterdam"]));
    expect(await only()).toBe(1);
    await metadata.uploads.putPart(uploadId, part(2, ["amsterdam", "toronto"]));
    await metadata.uploads.putPart(uploadId, part(3, ["amsterdam", "toronto"]));
    expect(await only()).toBe(0);
    await metadata.backends.lost("toronto", "toronto");
    expect(await only()).toBe(1);
  });

  it("knows the unfinished uploads of which no other has all parts, though several have them", async () => {
    const { metadata, clock } = store();
    const place = await openPlace(metadata);
    for (const name of ["amsterdam", "toronto", "zagreb"]) {
      await metadata.backends.register(name, name);
      await metadata.backends.seen(name, name);
    }
    const since = new Date(clock.now().getTime() - 600_000);
    const only = () => metadata.backends.uploadsOnlyThere("amsterdam", since);
    const put = (uploadId: string, partNumber: number, backends: readonly string[]) =>
      metadata.uploads.putPart(uploadId, { partNumber, size: 1, etag: "etag", checksum: undefined, backends });
    const film = await startUpload(metadata, place, "film");
    await put(film.uploadId, 1, ["amsterdam", "toronto"]);
    await put(film.uploadId, 2, ["amsterdam", "zagreb"]);
    expect(await only()).toEqual([{ bucket: place.bucket.name, key: "film" }]);
    await put(film.uploadId, 2, ["amsterdam", "toronto", "zagreb"]);
    expect(await only()).toEqual([]);
  });

  it("forgets the replicas of a removed one, but no referenced blob's last", async () => {
    const { metadata } = store();
    const { bucket, put, blobOf } = await openPlace(metadata);
    for (const text of ["one", "two", "three"]) await put(text, text);
    for (const [name, identity] of [
      ["amsterdam", "one"],
      ["toronto", "two"],
    ] as const)
      await metadata.backends.register(name, identity);
    const [gone, last] = [await blobOf("one"), await blobOf("two")];
    await metadata.objects.delete(bucket.id, "one");
    await metadata.blobs.setReplica(gone.id, "toronto", "lost");
    await metadata.blobs.setReplica(last.id, "toronto", "lost");
    await metadata.backends.setState("amsterdam", "removed");
    expect(await metadata.backends.forgetReplicas("amsterdam", 1)).toBe(1);
    expect(await metadata.backends.forgetReplicas("amsterdam", 10)).toBe(1);
    expect(await metadata.backends.forgetReplicas("amsterdam", 10)).toBe(0);
    const backendsOf = async (key: string) => (await blobOf(key)).replicas.map(({ backend }) => backend);
    expect([await backendsOf("two"), await backendsOf("three")]).toEqual([["amsterdam", "toronto"], ["toronto"]]);
    expect(await metadata.backends.loseReplicas("amsterdam", 10)).toBe(1);
    expect((await blobOf("two")).replicas.map(({ state }) => state)).toEqual(["lost", "lost"]);
  });
});
