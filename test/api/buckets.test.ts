import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiClient, apiClient } from "../support/api.ts";
import type { Credentials } from "../support/gateway.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { signedFetch } from "../support/sign.ts";

let on: OpenBucket;
let call: ApiClient;
let alice: Credentials;
let asAlice: ApiClient;
beforeAll(async () => {
  on = await openBucket({ config: { publicAccess: "allowed" } });
  call = apiClient(on.gateway);
  alice = await on.gateway.addAccount("alice");
  asAlice = apiClient(on.gateway, alice);
  const fetch = signedFetch({ endpoint: on.gateway.url, ...alice });
  await fetch({ method: "PUT", path: "/alice-1" });
  await fetch({ method: "PUT", path: "/alice-2" });
  await on.fetch({ method: "PUT", path: "/open", headers: { "x-amz-acl": "public-read" } });
});
afterAll(() => on[Symbol.asyncDispose]());

const RULE = { allowedOrigins: ["*"], allowedMethods: ["GET"] };

const namesFor = async (as: ApiClient, query: Readonly<Record<string, string>> = {}) => {
  const { document } = await as("GET", "/buckets", { query });
  return { names: document.items.map(({ name }: { name: string }) => name), next: document.next };
};

describe("the list of buckets", () => {
  it("has a caller's own and those of others that it may list", async () => {
    expect(await namesFor(asAlice)).toEqual({ names: ["alice-1", "alice-2", "open"], next: undefined });
  });

  it("has every bucket for an operator", async () => {
    expect((await namesFor(call)).names).toEqual(["alice-1", "alice-2", "bucket", "open"]);
  });

  it("has only those within a key's scope", async () => {
    const scope = { places: [{ bucket: "alice-2", prefix: "p/" }] };
    const limited = apiClient(on.gateway, await on.gateway.addAccount("alice", { accessKeyId: "AKIALIMITED", scope }));
    expect((await namesFor(limited)).names).toEqual(["alice-2"]);
  });

  it("comes in pages", async () => {
    const first = await namesFor(asAlice, { limit: "2" });
    expect(first.names).toEqual(["alice-1", "alice-2"]);
    expect(await namesFor(asAlice, { limit: "2", cursor: first.next })).toEqual({ names: ["open"], next: undefined });
  });
});

describe("a bucket's settings", () => {
  it("are those that were set, beside what holds", async () => {
    const { document } = await asAlice("GET", "/buckets/alice-1");
    expect(document).toMatchObject({
      ...{ name: "alice-1", owner: "alice", location: "us-east-1", settings: {} },
      effective: {
        dedup: "account",
        redirect: "auto",
        copies: 2,
        minimumCopies: 2,
        placement: "any",
        readReplicas: "off",
        cors: [],
      },
    });
  });

  it("have the CORS rules that S3 shows, and set them", async () => {
    const cors = [{ allowedOrigins: ["https://a.example"], allowedMethods: ["GET", "PUT"], maxAgeSeconds: 60 }];
    const set = await asAlice("PATCH", "/buckets/alice-1", { body: { cors } });
    expect(set.document).toMatchObject({ settings: { cors }, effective: { cors } });
    const asS3 = signedFetch({ endpoint: on.gateway.url, ...alice });
    const shown = await asS3({ path: "/alice-1", query: "cors" });
    expect(shown.text).toContain("<AllowedOrigin>https://a.example</AllowedOrigin><MaxAgeSeconds>60</MaxAgeSeconds>");
    const back = await asAlice("PATCH", "/buckets/alice-1", { body: { cors: null } });
    expect(back.document).toMatchObject({ settings: {}, effective: { cors: [] } });
    expect(await asS3({ path: "/alice-1", query: "cors" })).toMatchObject({ code: "NoSuchCORSConfiguration" });
  });

  it("say which bucket it takes over, which nobody changes here", async () => {
    const { buckets } = on.gateway.gateway.metadata;
    const { id = 0 } = (await buckets.find("alice-1")) ?? {};
    const takesOver = { service: "minio", bucket: "old" };
    await buckets.updateSettings(id, (settings) => ({ ...settings, takesOver }));
    expect((await asAlice("GET", "/buckets/alice-1")).document).toMatchObject({ takesOver: "minio/old", settings: {} });
    const changed = await asAlice("PATCH", "/buckets/alice-1", { body: { redirect: "off" } });
    expect(changed.document).toMatchObject({ takesOver: "minio/old" });
    expect((await asAlice("PATCH", "/buckets/alice-1", { body: { takesOver: null } })).status).toBe(400);
    await buckets.updateSettings(id, () => ({}));
    expect((await asAlice("GET", "/buckets/alice-1")).document).not.toHaveProperty("takesOver");
  });

  it("are set by the owner, each for itself, and taken back by null", async () => {
    const set = await asAlice("PATCH", "/buckets/alice-1", { body: { redirect: "always", minimumCopies: 1 } });
    expect(set.document).toMatchObject({
      settings: { redirect: "always", minimumCopies: 1 },
      effective: {
        dedup: "account",
        redirect: "always",
        copies: 2,
        minimumCopies: 1,
        placement: "any",
        readReplicas: "off",
      },
    });
    const back = await asAlice("PATCH", "/buckets/alice-1", { body: { redirect: null } });
    expect(back.document.settings).toEqual({ minimumCopies: 1 });
    expect(back.document.effective).toMatchObject({ redirect: "auto", minimumCopies: 1 });
    expect((await asAlice("GET", "/buckets/alice-1")).document).toEqual(back.document);
  });

  it("leave the others that S3 sets as they were", async () => {
    await call("PATCH", "/buckets/open", { body: { dedup: "bucket" } });
    expect((await namesFor(asAlice)).names).toContain("open");
    const { settings } = (await on.gateway.gateway.metadata.buckets.find("open")) ?? {};
    expect(settings).toMatchObject({ dedup: "bucket", acl: expect.anything() });
  });

  it("are set by an operator in any bucket", async () => {
    expect((await call("PATCH", "/buckets/alice-2", { body: { dedup: "off" } })).document.settings).toEqual({
      dedup: "off",
    });
  });

  it("are nobody else's, readable as the bucket may be", async () => {
    for (const [method, body] of [
      ["GET", undefined],
      ["PATCH", { dedup: "off" }],
    ] as const)
      expect((await asAlice(method, "/buckets/open", { body })).document.code).toBe("AccessDenied");
    expect((await asAlice("GET", "/buckets/open/usage")).document.code).toBe("AccessDenied");
    expect((await asAlice("GET", "/buckets/nothing")).document.code).toBe("NoSuchBucket");
    expect((await call("GET", "/buckets/nothing")).document.code).toBe("NoSuchBucket");
  });

  it("are not changed by a key that only reads, or that reaches a part of the bucket", async () => {
    const readOnly = { accessKeyId: "AKIAREADONLY", scope: { readOnly: true } } as const;
    const reads = apiClient(on.gateway, await on.gateway.addAccount("alice", readOnly));
    expect((await reads("GET", "/buckets/alice-2")).status).toBe(200);
    expect((await reads("PATCH", "/buckets/alice-2", { body: { dedup: "off" } })).document.code).toBe("AccessDenied");
    const part = { accessKeyId: "AKIAPART", scope: { places: [{ bucket: "alice-2", prefix: "p/" }] } };
    const limited = apiClient(on.gateway, await on.gateway.addAccount("alice", part));
    expect((await limited("PATCH", "/buckets/alice-2", { body: { dedup: "off" } })).document.code).toBe("AccessDenied");
    expect((await limited("GET", "/buckets/alice-2/usage")).document.code).toBe("AccessDenied");
  });

  it.each([
    ["more copies than the gateway keeps", { minimumCopies: 3 }, "/minimumCopies"],
    ["no number of copies", { minimumCopies: 0 }, "/minimumCopies"],
    ["an unknown mode", { redirect: "sometimes" }, "/redirect"],
    ["no CORS rule", { cors: [] }, "/cors"],
    ["an origin with two wildcards", { cors: [{ ...RULE, allowedOrigins: ["*", "*a*"] }] }, "/cors/0/allowedOrigins/1"],
    ["another method", { cors: [RULE, { ...RULE, allowedMethods: ["PATCH"] }] }, "/cors/1/allowedMethods/0"],
    ["a wildcard exposed", { cors: [{ ...RULE, exposeHeaders: ["x-*"] }] }, "/cors/0/exposeHeaders/0"],
    ["what is no part of a rule", { cors: [{ ...RULE, credentials: true }] }, "/cors/0"],
    ["too many entries", { cors: Array(12).fill({ ...RULE, allowedHeaders: Array(99).fill("a") }) }, "/cors"],
  ])("refuse %s", async (_what, body, pointer) => {
    const { document } = await asAlice("PATCH", "/buckets/alice-1", { body });
    expect(document).toMatchObject({ code: "BadRequest", errors: [{ pointer }] });
  });
});

it("says what a bucket takes up, each blob once, and what only it holds", async () => {
  await on.fetch({ method: "PUT", path: "/second" });
  await on.put("a", "shared with second");
  await on.put("b", "twice here");
  await on.put("c", "twice here");
  await on.fetch({ method: "PUT", path: "/second/a", body: "shared with second" });
  expect((await call("GET", "/buckets/bucket/usage")).document).toEqual({
    objects: 3,
    logicalBytes: 18 + 10 + 10,
    uniqueBytes: 18 + 10,
    ownBytes: 10,
  });
  expect((await asAlice("GET", "/buckets/alice-2/usage")).document).toEqual({
    ...{ objects: 0, logicalBytes: 0, uniqueBytes: 0, ownBytes: 0 },
  });
});
