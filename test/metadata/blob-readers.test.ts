import { expect, it } from "vitest";
import { digestOf, etagOf, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

onBothEngines("the name that a claim is made like", (store) => {
  it("is one of the account's own, within the key's scope", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    await place.put("a/k", "text");
    const { id } = await place.blobOf("a/k");
    const accountId = place.bucket.owner.id;
    const reader = { accountId, places: undefined };
    expect(await metadata.blobs.readableName(id, reader)).toEqual({ etag: etagOf("text"), parts: undefined });
    const scoped = (prefix: string) => ({ accountId, places: [{ bucket: place.bucket.name, prefix }] });
    expect(await metadata.blobs.readableName(id, scoped("a/"))).toBeDefined();
    expect(await metadata.blobs.readableName(id, scoped("b/"))).toBeUndefined();
    const other = await metadata.accounts.ensure("other");
    expect(await metadata.blobs.readableName(id, { ...reader, accountId: other.id })).toBeUndefined();
  });

  it("is none for content that is not known", async () => {
    const { metadata } = store();
    const { bucket } = await openPlace(metadata);
    const reader = { accountId: bucket.owner.id, places: undefined };
    expect(await metadata.blobs.readableName(undefined, reader)).toBeUndefined();
  });

  it("is not an object that another account wrote into the bucket", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    const owner = await metadata.accounts.ensure("writer");
    await place.put("k", "text", { attributes: { metadata: {}, owner } });
    const { id } = await place.blobOf("k");
    const reader = { accountId: place.bucket.owner.id, places: undefined };
    expect(await metadata.blobs.readableName(id, reader)).toBeUndefined();
  });

  it("is one with an md5 rather than one that was uploaded in parts, whose parts it tells", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    const parts = [{ partNumber: 1, size: 4 }];
    const change = { etag: "abc-1", partSizes: [4], digest: digestOf("text") };
    await place.put("in-parts", "text", { content: await place.fresh("text", change), etag: "abc-1", parts });
    const { id } = await place.blobOf("in-parts");
    const reader = { accountId: place.bucket.owner.id, places: undefined };
    expect(await metadata.blobs.readableName(id, reader)).toEqual({ etag: "abc-1", parts });
    await place.put("whole", "text");
    expect(await metadata.blobs.readableName(id, reader)).toEqual({ etag: etagOf("text"), parts: undefined });
  });
});
