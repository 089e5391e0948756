// A database that an earlier version made and filled is migrated correctly, on both engines.
// Shows I9 of docs/durability.md.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Metadata, openMetadata } from "../../src/metadata/metadata.ts";
import { init } from "../../src/metadata/migrations/001-init.ts";
import { migrations } from "../../src/metadata/migrations/list.ts";
import { everyKind } from "../support/content.ts";
import { Clock, graceMs, makePostgres, makeSqlite, postgresUrl, type TestDatabase } from "../support/engines.ts";

const makers: readonly (readonly [string, () => Promise<TestDatabase>])[] = [
  ["SQLite", makeSqlite],
  ...(postgresUrl ? [["PostgreSQL", () => makePostgres(postgresUrl ?? "")] as const] : []),
];

const NEWEST = migrations.length;
const ALICE = 1;
const BOB = 2;
const plain = { metadata: { owner: "in words", quoted: '"owner":{' } };
const bobs = {
  contentType: "a/b",
  ...plain,
  tags: [{ key: "\u0000 \ud800", value: "\\" }],
  owner: { id: BOB, name: "bob" },
};

/** What the first version wrote, by its own statements. */
async function fill({ knex, engine }: TestDatabase): Promise<void> {
  const { kind } = engine;
  await knex.raw(
    "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
  );
  for (const text of init.statements(kind)) await knex.raw(text);
  await knex("schema_migrations").insert({ version: 1, name: "001-init", applied_at: 0 });
  const insert = async (table: string, ...rows: readonly object[]) => {
    for (const row of rows) await knex(table).insert(row);
  };
  const bucket = { name: "pictures", account_id: ALICE, location: "eu", settings: '{"dedup":"bucket"}', created_at: 5 };
  await insert("accounts", { name: "alice" }, { name: "bob" });
  const key = { account_id: ALICE, sealed_secret: "s1.sealed", created_at: 7 };
  await insert("access_keys", { ...key, access_key_id: "AK1", redirect: "off" }, { ...key, access_key_id: "AK2" });
  await insert("buckets", bucket);
  const blob = { size: 5, etag: "e", scope: "account:1", ref_count: 1 };
  await insert(
    "blobs",
    { ...blob, name: "blobs/aa/1", digest: "d1" },
    { ...blob, name: "blobs/aa/2", digest: "d2", layout: "[2,3]" },
    { ...blob, name: "blobs/aa/3", digest: "d2", ref_count: 0, reclaim_at: 1, going: 1 },
  );
  await insert("replicas", { blob_id: 1, backend: "amsterdam", state: "verified", verified_at: 3 });
  const object = {
    bucket_id: 1,
    version_id: "null",
    is_latest: 1,
    is_delete_marker: 0,
    size: 5,
    etag: "e",
    modified_at: 9,
  };
  await insert(
    "objects",
    { ...object, key: "alices", blob_id: 1, attributes: JSON.stringify(plain) },
    { ...object, key: "bobs", blob_id: 2, attributes: JSON.stringify(bobs), checksum: '{"algorithm":"SHA1"}' },
  );
  const upload = { bucket_id: 1, dedup: "account", started_at: 11 };
  await insert(
    "uploads",
    { ...upload, upload_id: "u1", key: "a", account_id: ALICE, name: "blobs/aa/4", attributes: JSON.stringify(plain) },
    { ...upload, upload_id: "u2", key: "b", account_id: BOB, name: "blobs/aa/5", attributes: JSON.stringify(bobs) },
  );
  const begun = { backend_upload_id: "there", broken: 1 };
  const part = { size: 5, etag: "e", modified_at: 12 };
  const [both, first, second] = ['["amsterdam","toronto"]', '["amsterdam"]', '["toronto"]'];
  for (const upload_id of ["u1", "u2"])
    for (const backend of ["amsterdam", "toronto"]) await insert("upload_backends", { ...begun, upload_id, backend });
  await insert(
    "parts",
    { ...part, upload_id: "u1", part_number: 1, backends: both },
    { ...part, upload_id: "u1", part_number: 2, backends: first },
    { ...part, upload_id: "u2", part_number: 1, backends: first },
    { ...part, upload_id: "u2", part_number: 2, backends: second },
  );
  await insert("writers", { writer_id: "w", lease_until: 1 });
  await insert("names", { name: "blobs/aa/6", writer_id: "w" });
  const drop = { kind: "drop", name: "blobs/aa/7", backends: ["toronto"] };
  const job = { run_at: 1, created_at: 1 };
  await insert(
    "jobs",
    { ...job, job_key: "drop blobs/aa/7 toronto", kind: "drop", work: JSON.stringify(drop) },
    { ...job, job_key: "copy 1", kind: "copy", work: '{"kind":"copy","blobId":1}', run_at: 2 },
  );
}

describe.each(makers)("A database of the first version on %s", (_, make) => {
  let database: TestDatabase;
  let metadata: Metadata;
  beforeEach(async () => {
    database = await make();
    await fill(database);
    metadata = await openMetadata({ engine: database.engine, now: new Clock().now, graceMs, cacheRows: 10 });
  });
  afterEach(async () => {
    await metadata.close();
    await database.remove();
  });

  it("keeps its objects, and their owners in a column", async () => {
    const alices = (await metadata.objects.find("pictures", "alices")).found;
    expect(alices?.object.attributes).toEqual(plain);
    expect(alices?.blob).toMatchObject({ storageKey: "blobs/aa/1", replicas: [{ backend: "amsterdam" }] });
    const theirs = (await metadata.objects.find("pictures", "bobs")).found;
    expect(theirs?.object.attributes).toEqual(bobs);
    expect(theirs?.blob).toMatchObject({ storageKey: "blobs/aa/2", partSizes: [2, 3] });
    const rows = await database.knex("objects").select("key", "owner_id").orderBy("key");
    expect(rows.map((row) => [row.key, row.owner_id === null ? null : Number(row.owner_id)])).toEqual([
      ["alices", null],
      ["bobs", BOB],
    ]);
    expect(JSON.stringify(await database.knex("objects").select("attributes"))).not.toContain("bob");
    expect(await metadata.blobs.isReadableBy(1, { accountId: ALICE, places: undefined })).toBe(true);
    expect(await metadata.blobs.isReadableBy(2, { accountId: ALICE, places: undefined })).toBe(false);
    const page = { prefix: "", delimiter: undefined, after: undefined, limit: 10 };
    const { entries } = await metadata.objects.list(1, page);
    expect(entries).toMatchObject([{ object: { attributes: plain } }, { object: { attributes: bobs } }]);
  });

  it("keeps its uploads, and the completed objects belong to their initiator", async () => {
    expect(await metadata.uploads.find(1, "a", "u1")).toMatchObject({ storageKey: "blobs/aa/4", attributes: plain });
    const theirs = await metadata.uploads.find(1, "b", "u2");
    expect(theirs).toMatchObject({ storageKey: "blobs/aa/5", accountId: BOB });
    expect(theirs?.attributes).toEqual(bobs);
  });

  it("finds for its uploads which backends lack parts, and gives none up", async () => {
    const put = (uploadId: string, partNumber: number, ...backends: string[]) =>
      metadata.uploads.putPart(uploadId, { partNumber, size: 5, etag: "e", checksum: undefined, backends });
    await expect(put("u1", 3, "toronto")).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await put("u1", 3, "amsterdam");
    await expect(put("u2", 3, "amsterdam", "toronto")).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await put("u2", 1, "amsterdam", "toronto");
    await put("u2", 3, "amsterdam", "toronto");
  });

  it("keeps its blobs that are being deleted, its reserved keys and its jobs", async () => {
    expect(await metadata.blobs.find(3)).toBeUndefined();
    expect(await metadata.blobs.takeReclaimable(10)).toMatchObject([{ storageKey: "blobs/aa/3" }]);
    expect(await metadata.blobs.findByDigest("account:1", "d2")).toMatchObject({ id: 2 });
    const first = await metadata.jobs.claim(["drop"], 1000);
    expect(first?.work).toEqual({ kind: "drop", storageKey: "blobs/aa/7", backends: ["toronto"] });
    expect((await metadata.jobs.claim(everyKind, 1000))?.work).toEqual({ kind: "copy", blobId: 1 });
    if (first) await metadata.jobs.finish(first);
    expect(await metadata.keyReservations.discardLeftovers(new Date(2))).toBe(1);
    expect((await metadata.jobs.claim(everyKind, 1000))?.work).toEqual({
      kind: "drop",
      storageKey: "blobs/aa/6",
      backends: [],
    });
  });

  it("keeps its access keys, without limits and sealed as they were", async () => {
    const key = {
      accessKeyId: "AK1",
      account: { id: ALICE, name: "alice" },
      sealedSecret: "s1.sealed",
      sealedBy: undefined,
      createdAt: new Date(7),
      redirect: "off",
      scope: {},
      disabled: false,
      expiresAt: undefined,
    };
    expect(await metadata.accounts.findKey("AK1")).toEqual(key);
    expect(await metadata.accounts.listKeys()).toMatchObject([
      { ...key, lastUsedAt: undefined },
      { accessKeyId: "AK2", redirect: undefined, scope: {} },
    ]);
  });

  it("accepts the writes of this version", async () => {
    const bucket = await metadata.buckets.find("pictures");
    expect(bucket?.settings).toEqual({ dedup: "bucket" });
    const writerId = await metadata.keyReservations.openWriter(1000);
    const [storageKey = ""] = await metadata.keyReservations.reserve(writerId, 1);
    const content = {
      kind: "fresh",
      storageKey,
      size: 5,
      etag: "new",
      digest: "d2",
      partSizes: undefined,
      backends: ["amsterdam"],
      copies: 1,
      good: 1,
      scope: "account:1",
      touched: [],
      replaces: undefined,
    } as const;
    const rest = { bucketId: 1, attributes: bobs, checksum: undefined, parts: undefined, condition: {} };
    await metadata.objects.put({ ...rest, key: "new", etag: "new", content });
    expect((await metadata.objects.find("pictures", "new")).found).toMatchObject({
      object: { attributes: bobs },
      blob: { id: 2 },
    });
    await metadata.objects.delete(1, "bobs");
    await metadata.buckets.updateSettings(1, (settings) => ({ ...settings, minimumCopies: 1 }));
    expect(await metadata.stats.report(1)).toMatchObject({ objects: 2, blobs: 2 });
  });
});

describe.each(makers)("A command beside a gateway, on %s,", (_, make) => {
  const optionsOf = (database: TestDatabase) => ({
    engine: database.engine,
    now: new Clock().now,
    graceMs,
    cacheRows: 0,
    mayUpgrade: false,
  });

  it("leaves the first version's database as it is, and says what to do", async () => {
    const database = await make();
    await fill(database);
    await expect(openMetadata(optionsOf(database))).rejects.toThrow(
      `The database has schema 1, this program knows ${NEWEST}: stop the older gateways and start one of this version`,
    );
    expect(await database.knex("schema_migrations").max("version as version")).toEqual([{ version: 1 }]);
    expect(await database.knex("names").select("name")).toEqual([{ name: "blobs/aa/6" }]);
    await database.remove();
  });

  it("makes a new database", async () => {
    const database = await make();
    const metadata = await openMetadata(optionsOf(database));
    expect(await metadata.accounts.listKeys()).toEqual([]);
    await metadata.close();
    expect(await database.knex("schema_migrations").max("version as version")).toEqual([{ version: NEWEST }]);
    await database.remove();
  });
});
