import { expect, it } from "vitest";
import { claimAll, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const sealed = { sealedSecret: "sealed", sealedBy: "key 1" } as const;
const unlimited = { scope: {}, expiresAt: undefined } as const;

onBothEngines("Accounts", (store) => {
  it("creates an account once when several callers ask at the same time", async () => {
    const { metadata } = store();
    const accounts = await Promise.all(Array.from({ length: 5 }, () => metadata.accounts.ensure("alice")));
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1);
    expect((await metadata.accounts.ensure("bob")).id).not.toBe(accounts[0]?.id);
  });

  it("finds a key until it is revoked", async () => {
    const { metadata, clock } = store();
    const account = await metadata.accounts.ensure("alice");
    await metadata.accounts.createKey({
      accessKeyId: "AK1",
      accountId: account.id,
      ...sealed,
      redirect: "always",
      ...unlimited,
    });
    await metadata.accounts.createKey({
      accessKeyId: "AK0",
      accountId: account.id,
      ...sealed,
      redirect: undefined,
      ...unlimited,
    });
    const key = {
      accessKeyId: "AK1",
      account,
      ...sealed,
      createdAt: clock.now(),
      redirect: "always",
      ...unlimited,
      disabled: false,
    };
    expect(await metadata.accounts.findKey("AK1")).toEqual(key);
    expect(await metadata.accounts.findKey("AK1")).toEqual(key);
    expect((await metadata.accounts.listKeys()).map(({ accessKeyId, redirect }) => [accessKeyId, redirect])).toEqual([
      ["AK0", undefined],
      ["AK1", "always"],
    ]);
    expect(await metadata.accounts.sealers()).toEqual([{ sealedBy: "key 1", count: 2 }]);
    expect(await metadata.accounts.revokeKey("AK1")).toBe(true);
    expect(await metadata.accounts.findKey("AK1")).toBeUndefined();
    expect(await metadata.accounts.revokeKey("AK1")).toBe(false);
  });

  it("refuses a key id that is taken", async () => {
    const { metadata } = store();
    const key = {
      accessKeyId: "AK1",
      accountId: (await metadata.accounts.ensure("alice")).id,
      ...sealed,
      redirect: undefined,
      ...unlimited,
    };
    await metadata.accounts.createKey(key);
    await expect(metadata.accounts.createKey(key)).rejects.toMatchObject({ code: "InvalidArgument" });
  });
});

onBothEngines("Buckets", (store) => {
  it("are created once; a repeated creation names the present owner", async () => {
    const { metadata, clock } = store();
    const alice = await metadata.accounts.ensure("alice");
    const bob = await metadata.accounts.ensure("bob");
    const settings = { dedup: "bucket", redirect: "off", minimumCopies: 1 } as const;
    const bucket = await metadata.buckets.create({ name: "pictures", accountId: alice.id, location: "eu", settings });
    expect(bucket).toEqual({
      id: bucket.id,
      name: "pictures",
      owner: alice,
      location: "eu",
      createdAt: clock.now(),
      settings,
    });
    expect(await metadata.buckets.find("pictures")).toEqual(bucket);
    expect(await metadata.buckets.find("Pictures")).toBeUndefined();
    const again = { name: "pictures", location: "eu", settings: {} };
    await expect(metadata.buckets.create({ ...again, accountId: alice.id })).rejects.toMatchObject({
      code: "BucketAlreadyOwnedByYou",
    });
    await expect(metadata.buckets.create({ ...again, accountId: bob.id })).rejects.toMatchObject({
      code: "BucketAlreadyExists",
    });
  });

  it("are listed by account, in byte order, page by page", async () => {
    const { metadata } = store();
    for (const name of ["b-2", "a", "b.1", "b-10", "c"]) await openPlace(metadata, name);
    await openPlace(metadata, "bobs", "bob");
    const { id } = await metadata.accounts.ensure("alice");
    const names = async (page?: { prefix?: string; after?: string; limit?: number }) =>
      (await metadata.buckets.list(id, page)).map(({ name }) => name);
    expect(await names()).toEqual(["a", "b-10", "b-2", "b.1", "c"]);
    expect(await names({ prefix: "b", limit: 2 })).toEqual(["b-10", "b-2"]);
    expect(await names({ prefix: "b", after: "b-2" })).toEqual(["b.1"]);
  });

  it("are deleted only when empty, and their uploads end with them", async () => {
    const { metadata } = store();
    const { bucket, fresh, put } = await openPlace(metadata);
    await put("a", "hello");
    await expect(metadata.buckets.delete(bucket.id)).rejects.toMatchObject({ code: "BucketNotEmpty" });
    await metadata.objects.delete(bucket.id, "a");
    const { storageKey } = await fresh("part");
    const attributes = { metadata: {} };
    const upload = {
      bucketId: bucket.id,
      key: "b",
      accountId: bucket.owner.id,
      storageKey,
      attributes,
      checksumAlgorithm: undefined,
      checksumType: undefined,
    };
    const { uploadId } = await metadata.uploads.create({
      ...upload,
      dedup: "account",
      backends: [{ backend: "toronto", backendUploadId: "u" }],
      touched: [],
    });
    await metadata.buckets.delete(bucket.id);
    expect(await metadata.buckets.find("pictures")).toBeUndefined();
    expect((await metadata.objects.find("pictures", "a")).bucket).toBeUndefined();
    expect(await metadata.uploads.find(bucket.id, "b", uploadId)).toBeUndefined();
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([{ kind: "drop", storageKey, backends: [] }]);
    await expect(metadata.buckets.delete(bucket.id)).rejects.toMatchObject({ code: "NoSuchBucket" });
  });

  it("are deleted however many uploads were begun and completed in them", async () => {
    const { metadata, look } = store();
    const { bucket } = await openPlace(metadata);
    const uploads = Array.from({ length: 45 }, (_, at) => ({
      upload_id: `begun ${at}`,
      bucket_id: bucket.id,
      key: "a",
      account_id: bucket.owner.id,
      storage_key: `blobs/${at}`,
      attributes: "{}",
      dedup: "account",
      started_at: at,
    }));
    const completed = Array.from({ length: 1001 }, (_, at) => ({
      upload_id: `completed ${at}`,
      bucket_id: bucket.id,
      key: "a",
      object: "{}",
      completed_at: at,
    }));
    await look((knex) => knex("uploads").insert(uploads));
    for (let at = 0; at < completed.length; at += 400)
      await look((knex) => knex("completed_uploads").insert(completed.slice(at, at + 400)));
    await metadata.buckets.delete(bucket.id);
    expect(await look((knex) => knex("uploads").select("upload_id"))).toEqual([]);
    expect(await look((knex) => knex("completed_uploads").select("upload_id"))).toEqual([]);
    expect(await claimAll(metadata)).toHaveLength(45);
  });

  it("are either deleted or written to, never both", async () => {
    const { metadata } = store();
    for (let round = 0; round < 8; round++) {
      const { bucket, put } = await openPlace(metadata, `bucket-${round}`);
      const [written, deleted] = await Promise.allSettled([put("a", "hello"), metadata.buckets.delete(bucket.id)]);
      expect([written.status, deleted.status].sort()).toEqual(["fulfilled", "rejected"]);
    }
  });
});
