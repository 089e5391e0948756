// Twenty of the same call at the same moment: what may happen once happens once, and nothing is left half done.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient } from "../support/api.ts";
import { makePostgres, postgresUrl, type TestDatabase } from "../support/engines.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

const COUNT = 20;

const atOnce = <T>(work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: COUNT }, (_, at) => work(at)));
const statuses = (answers: readonly { readonly status: number }[]) => answers.map(({ status }) => status).sort();

describe.each(postgresUrl === undefined ? ["SQLite"] : ["SQLite", "PostgreSQL"])("at once on %s", (engine) => {
  let on: OpenBucket;
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = engine === "SQLite" ? undefined : await makePostgres(postgresUrl ?? "");
    on = await openBucket(database && { config: { metadata: database.engine } });
  });
  afterAll(async () => {
    await on[Symbol.asyncDispose]();
    await database?.remove();
  });

  it("an account is made once", async () => {
    const call = apiClient(on.gateway);
    const answers = await atOnce(() => call("POST", "/accounts", { body: { name: "once" } }));
    expect(statuses(answers)).toEqual([201, ...Array(COUNT - 1).fill(409)]);
  });

  it("keys of an account that is new are keys of one account", async () => {
    const call = apiClient(on.gateway);
    const answers = await atOnce(() => call("POST", "/keys", { body: { account: "new" } }));
    expect(statuses(answers)).toEqual(Array(COUNT).fill(201));
    expect(new Set(answers.map(({ document }) => document.accessKeyId)).size).toBe(COUNT);
    expect((await call("GET", "/accounts")).document.items).toContainEqual({ name: "new", keys: COUNT, buckets: 0 });
  });

  it("a link signs in once", async () => {
    const call = apiClient(on.gateway);
    const { token } = (await call("POST", "/sign-in-links")).document;
    const use = { authentication: "anonymous", body: { token } } as const;
    expect(statuses(await atOnce(() => call("POST", "/sign-in", use)))).toEqual([201, ...Array(COUNT - 1).fill(410)]);
  });

  it("no session outlives a key that is disabled meanwhile", async () => {
    const parent = await on.gateway.addAccount("tenant");
    const call = apiClient(on.gateway, parent);
    const operator = apiClient(on.gateway);
    const answers = await atOnce((at) =>
      at === COUNT / 2
        ? operator("PATCH", `/keys/${parent.accessKeyId}`, { body: { disabled: true } })
        : call("POST", "/sessions", { body: {} }),
    );
    await operator("PATCH", `/keys/${parent.accessKeyId}`, { body: { disabled: false } });
    const sessions = answers.filter(({ status }) => status === 201);
    const codes = sessions.map(
      async ({ document }) => (await apiClient(on.gateway, document)("GET", "/me")).document.code,
    );
    expect(new Set(await Promise.all(codes))).toEqual(new Set(sessions.length > 0 ? ["InvalidAccessKeyId"] : []));
  });

  it("settings of a bucket that are set by many are all set", async () => {
    const call = apiClient(on.gateway);
    const changes = [{ redirect: "off" }, { dedup: "bucket" }, { minimumCopies: 1 }];
    const answers = await atOnce((at) => call("PATCH", "/buckets/bucket", { body: changes[at % changes.length] }));
    expect(statuses(answers)).toEqual(Array(COUNT).fill(200));
    const { settings } = (await call("GET", "/buckets/bucket")).document;
    expect(settings).toEqual(Object.assign({}, ...changes));
    await call("PATCH", "/buckets/bucket", { body: { dedup: null, minimumCopies: null } });
  });

  it("claims of one key leave one object, and their blob is counted right", async () => {
    const call = apiClient(on.gateway);
    await on.put("source", "known content");
    const sha256 = createHash("sha256").update("known content").digest("hex");
    const body = { bucket: "bucket", files: [{ key: "claimed", sha256, size: 13 }] };
    const answers = await atOnce(() => call("POST", "/claims", { body }));
    const outcomes = answers.map(({ document }) => document.results[0].outcome);
    // One that finds the key much in use is told to send the bytes.
    expect(outcomes.every((outcome) => outcome === "linked" || outcome === "needed")).toBe(true);
    expect(outcomes).toContain("linked");
    const preview = async (keys: readonly string[]) =>
      (await call("POST", "/delete-preview", { body: { bucket: "bucket", keys } })).document;
    expect(await preview(["claimed"])).toMatchObject({ objects: 1, freesBytes: 0 });
    expect(await preview(["claimed", "source"])).toMatchObject({ objects: 2, freesBytes: 13 });
  });

  it("the use of a bucket is counted for each who asks", async () => {
    const call = apiClient(on.gateway);
    const answers = await atOnce(() => call("GET", "/buckets/bucket/usage"));
    expect(new Set(answers.map(({ document }) => JSON.stringify(document))).size).toBe(1);
  });
});
