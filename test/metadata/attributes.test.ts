// Updates of bucket settings and object attributes: concurrent updates lose nothing, and an update never hits another
// object.
import { expect, it } from "vitest";
import type { Acl, ObjectAttributes } from "../../src/model.ts";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const open: Acl = [{ grantee: { group: "AllUsers" }, permission: "READ" }];
const opened = (attributes: ObjectAttributes): ObjectAttributes => ({ ...attributes, acl: open });

onBothEngines("Attributes and settings", (store) => {
  it("finds an account by its name", async () => {
    const { metadata } = store();
    const account = await metadata.accounts.ensure("alice");
    expect(await metadata.accounts.find("alice")).toEqual(account);
    expect(await metadata.accounts.find("nobody")).toBeUndefined();
  });

  it("changes a bucket's settings, seen by the next read, here and in another program", async () => {
    const { metadata, openAnother } = store();
    const { bucket } = await openPlace(metadata);
    const other = await openAnother();
    await Promise.all([metadata.buckets.find("pictures"), other.buckets.find("pictures")]);
    await metadata.buckets.updateSettings(bucket.id, (settings) => ({ ...settings, acl: open }));
    await other.buckets.updateSettings(bucket.id, (settings) => ({ ...settings, tags: [{ key: "a", value: "b" }] }));
    const settings = { acl: open, tags: [{ key: "a", value: "b" }] };
    expect((await metadata.buckets.find("pictures"))?.settings).toEqual(settings);
    expect((await metadata.objects.find("pictures", "x")).bucket?.settings).toEqual(settings);
    expect((await other.buckets.find("pictures"))?.settings).toEqual(settings);
  });

  it("keeps both of two changes at once", async () => {
    const { metadata } = store();
    const { bucket } = await openPlace(metadata);
    await Promise.all([
      metadata.buckets.updateSettings(bucket.id, (settings) => ({ ...settings, acl: open })),
      metadata.buckets.updateSettings(bucket.id, (settings) => ({ ...settings, minimumCopies: 1 })),
    ]);
    expect((await metadata.buckets.find("pictures"))?.settings).toEqual({ acl: open, minimumCopies: 1 });
  });

  it("changes no settings of a deleted bucket", async () => {
    const { metadata } = store();
    const { bucket } = await openPlace(metadata);
    await metadata.buckets.delete(bucket.id);
    await expect(metadata.buckets.updateSettings(bucket.id, (settings) => settings)).rejects.toMatchObject({
      code: "NoSuchBucket",
    });
  });

  it("changes an object's attributes and nothing else of it", async () => {
    const { metadata, clock } = store();
    const { bucket, put } = await openPlace(metadata);
    const stored = await put("a", "hello", {
      attributes: { contentType: "text/plain", metadata: { __proto__x: "1" } },
    });
    clock.advance(1000);
    expect(await metadata.objects.updateAttributes(bucket.id, stored, opened)).toBe(true);
    expect((await metadata.objects.find("pictures", "a")).found?.object).toEqual({
      ...stored,
      attributes: { ...stored.attributes, acl: open },
    });
  });

  it("keeps both of two changes at once to an object", async () => {
    const { metadata } = store();
    const { bucket, put } = await openPlace(metadata);
    const stored = await put("a", "hello");
    const tags = [{ key: "a", value: "b" }];
    await Promise.all([
      metadata.objects.updateAttributes(bucket.id, stored, opened),
      metadata.objects.updateAttributes(bucket.id, stored, (attributes) => ({ ...attributes, tags })),
    ]);
    expect((await metadata.objects.find("pictures", "a")).found?.object.attributes).toEqual({
      metadata: {},
      acl: open,
      tags,
    });
  });

  it("does not change an object that was overwritten or deleted in the meantime", async () => {
    const { metadata, clock } = store();
    const { bucket, put } = await openPlace(metadata);
    const first = await put("a", "first");
    clock.advance(1);
    const later = await put("a", "first");
    expect(await metadata.objects.updateAttributes(bucket.id, first, opened)).toBe(false);
    const other = await put("a", "other");
    expect(await metadata.objects.updateAttributes(bucket.id, later, opened)).toBe(false);
    const bobs = await put("a", "other", {
      attributes: { metadata: {}, owner: await metadata.accounts.ensure("bob") },
    });
    expect(await metadata.objects.updateAttributes(bucket.id, other, opened)).toBe(false);
    expect((await metadata.objects.find("pictures", "a")).found?.object).toEqual(bobs);
    await metadata.objects.delete(bucket.id, "a");
    expect(await metadata.objects.updateAttributes(bucket.id, bobs, opened)).toBe(false);
  });

  it("counts a blob as readable by the bucket's owner only through objects that no other account wrote", async () => {
    const { metadata } = store();
    const { bucket, put, blobOf } = await openPlace(metadata);
    await put("bobs", "hello", {
      attributes: { metadata: { owner: "x" }, owner: await metadata.accounts.ensure("bob") },
    });
    const { id } = await blobOf("bobs");
    expect(await metadata.blobs.isReadableBy(id, { accountId: bucket.owner.id, places: undefined })).toBe(false);
    await put("own", "hello", { attributes: { metadata: { owner: '"owner":{' } } });
    expect((await blobOf("own")).id).toBe(id);
    expect(await metadata.blobs.isReadableBy(id, { accountId: bucket.owner.id, places: undefined })).toBe(true);
  });
});
