// Shows I4, I5 of docs/durability.md.
import { expect, it } from "vitest";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

onBothEngines("Replicas", (store) => {
  it("remove a replica in steps, and only while those that stay are verified", async () => {
    const { metadata, clock } = store();
    const { put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const { id, storageKey } = await blobOf("a");
    const blob = { id, storageKey };
    const { blobs } = metadata;
    await blobs.setReplica(id, "singapore", "verified");
    const retire = (backend: string, kept: readonly string[], lostBefore = new Date(0), of = blob) =>
      blobs.retireReplica(of, backend, kept, lostBefore);
    const stays = ["amsterdam", "toronto"];
    expect(await retire("singapore", [])).toBeUndefined();
    expect(await retire("singapore", ["amsterdam", "singapore"])).toBeUndefined();
    expect(await retire("singapore", ["amsterdam", "bangalore"])).toBeUndefined();
    expect(await retire("singapore", stays, undefined, { id, storageKey: "other" })).toBeUndefined();
    expect(await retire("bangalore", stays)).toBeUndefined();
    expect(await retire("singapore", stays)).toBe("lost");
    clock.advance(1000);
    expect(await retire("singapore", stays, new Date(clock.now().getTime() - 1001))).toBe("lost");
    await blobs.setReplica(id, "toronto", "lost");
    expect(await retire("singapore", stays, new Date(clock.now().getTime() - 1000))).toBeUndefined();
    await blobs.setReplica(id, "toronto", "verified");
    await blobs.forgetReplica(id, "singapore");
    expect(await retire("singapore", stays, new Date(clock.now().getTime() - 1000))).toBe("deleting");
    expect(await retire("singapore", stays)).toBe("deleting");
    expect(await blobs.retireReplica(blob, "singapore", ["toronto"], undefined)).toBe("deleting");
    expect(await blobs.retireReplica(blob, "singapore", [], undefined)).toBeUndefined();
    expect(await blobs.retireReplica(blob, "amsterdam", ["toronto"], undefined)).toBeUndefined();
    expect(await blobs.setReplica(id, "singapore", "verified", storageKey)).toBe(false);
    expect(await blobs.prepareReplica(blob, "singapore")).toBe(false);
    await blobs.forgetReplica(id, "singapore");
    expect((await blobOf("a")).replicas.map(({ backend }) => backend).sort()).toEqual(stays);
    expect(await blobs.prepareReplica(blob, "singapore")).toBe(true);
    expect(await blobs.prepareReplica(blob, "toronto")).toBe(false);
    expect((await blobOf("a")).replicas).toContainEqual({
      backend: "singapore",
      state: "lost",
      verifiedAt: clock.now(),
    });
  });

  it("know when they were last read whole", async () => {
    const { metadata, look, clock } = store();
    const { put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const { id, storageKey } = await blobOf("a");
    const written = clock.now().getTime();
    clock.advance(1000);
    for (const backend of ["amsterdam", "toronto"])
      await metadata.blobs.setReplica(id, backend, "verified", storageKey);
    await metadata.blobs.setReplica(id, "singapore", "verified", storageKey);
    await metadata.blobs.setReplica(id, "toronto", "verified", storageKey, { scrubbed: true });
    const at = clock.now().getTime();
    clock.advance(1000);
    await metadata.blobs.setReplica(id, "toronto", "verified", storageKey);
    const rows = await look<{ backend: string; scrubbed_at: number | string }>((knex) =>
      knex("replicas").select("backend", "scrubbed_at").orderBy("backend"),
    );
    expect(rows.map(({ backend, scrubbed_at: scrubbedAt }) => [backend, Number(scrubbedAt)])).toEqual([
      ["amsterdam", written],
      ["singapore", 0],
      ["toronto", at],
    ]);
  });

  it("lose only one when each is suspected and only the other vouches for it", async () => {
    const { metadata, openAnother } = store();
    const { put, blobOf } = await openPlace(metadata);
    const another = await openAnother();
    await put("a", "hello");
    const { id, storageKey } = await blobOf("a");
    const pair = ["amsterdam", "toronto"];
    const steps = pair.map((backend, at) =>
      (at % 2 ? metadata : another).blobs.setReplica(id, backend, "lost", storageKey, {
        ifVerifiedOn: pair.filter((name) => name !== backend),
      }),
    );
    expect((await Promise.all(steps)).sort()).toEqual([false, true]);
    expect(await metadata.blobs.setReplica(id, "toronto", "lost", storageKey, { ifVerifiedOn: [] })).toBe(false);
  });

  it("lose only one when each is to be removed because of the others", async () => {
    const { metadata, openAnother } = store();
    const { put, blobOf } = await openPlace(metadata);
    const another = await openAnother();
    await put("a", "hello");
    const { id, storageKey } = await blobOf("a");
    await metadata.blobs.setReplica(id, "singapore", "verified");
    const all = ["amsterdam", "singapore", "toronto"];
    const steps = all.map((backend, at) =>
      (at % 2 ? metadata : another).blobs.retireReplica(
        { id, storageKey },
        backend,
        all.filter((name) => name !== backend),
        new Date(0),
      ),
    );
    expect((await Promise.all(steps)).filter((state) => state === "lost")).toHaveLength(1);
    expect((await blobOf("a")).replicas.filter(({ state }) => state === "verified")).toHaveLength(2);
  });

  it("are listed for the blobs that objects refer to, in order of id", async () => {
    const { metadata } = store();
    const { bucket, put, blobOf } = await openPlace(metadata);
    for (const text of ["one", "two", "three", "four"]) await put(text, text);
    const [one, two, three, four] = await Promise.all(["one", "two", "three", "four"].map(blobOf));
    await metadata.objects.delete(bucket.id, "two");
    const first = await metadata.blobs.survey(0, 2);
    expect(first).toEqual([
      { id: one?.id, replicas: one?.replicas },
      { id: three?.id, replicas: three?.replicas },
    ]);
    expect((await metadata.blobs.survey(three?.id ?? 0, 2)).map(({ id }) => id)).toEqual([four?.id]);
    expect(two).toBeDefined();
  });
});
