// The header x-nearbucket-regions, and the regions of buckets: who may ask for what, and what becomes of it.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ApiClient, apiClient } from "../support/api.ts";
import { BUCKET, type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";
import { signedFetch } from "../support/sign.ts";

const HEADER = "x-nearbucket-regions";
const HOME = "home";
const BOTH = { [HEADER]: "region-1,region-2" };
let on: OpenBucket;
let call: ApiClient;

beforeAll(async () => {
  on = await openBucket({ backends: 4, config: { publicAccess: "allowed" } });
  call = apiClient(on.gateway);
  await on.fetch({ method: "PUT", path: `/${HOME}` });
  const body = { placement: { regions: ["region-2", "region-1", "region-3"] } };
  expect((await call("PATCH", `/buckets/${HOME}`, { body })).status).toBe(200);
});
afterAll(() => on[Symbol.asyncDispose]());

const put = (path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}) =>
  on.fetch({ method: "PUT", path, body, headers });
const regionsOf = async (bucket: string, key: string): Promise<readonly string[]> => {
  const { document } = await call("GET", "/objects", { query: { bucket, key } });
  return document.replicas.map(({ region }: { region: string }) => region).sort();
};
const head = async (path: string) => (await on.fetch({ method: "HEAD", path })).headers[HEADER];

describe("a write that names regions", () => {
  it.each([["PutObject"], ["CopyObject"], ["CreateMultipartUpload"]])("has one copy in each: %s", async (operation) => {
    const key = `by-${operation}`;
    const path = `/${BUCKET}/${key}`;
    const headers = { [HEADER]: "region-4, region-2,region-1" };
    const bytes = randomBytes(5 * 1024 * 1024);
    if (operation === "PutObject") await put(path, bytes, headers);
    else if (operation === "CopyObject") {
      await put(`/${BUCKET}/source`, bytes, BOTH);
      const copied = await put(path, "", { ...headers, "x-amz-copy-source": `${BUCKET}/source` });
      expect(copied).toMatchObject({ status: 200 });
    } else {
      const [uploadId] = texts(await on.fetch({ method: "POST", path: `${path}?uploads`, headers }), "UploadId");
      const part = await put(`${path}?partNumber=1&uploadId=${uploadId}`, bytes);
      const list = `<Part><PartNumber>1</PartNumber><ETag>${part.headers["etag"]}</ETag></Part>`;
      const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`;
      expect(await on.fetch({ method: "POST", path: `${path}?uploadId=${uploadId}`, body })).toMatchObject({
        status: 200,
      });
    }
    expect(await regionsOf(BUCKET, key)).toEqual(["region-1", "region-2", "region-4"]);
    expect(await head(path)).toBe("region-1,region-2,region-4");
    const read = await on.fetch({ path });
    expect(read.headers[HEADER]).toBe("region-1,region-2,region-4");
    expect(read.body.equals(bytes)).toBe(true);
  });

  it.each([
    ["an unknown one", BUCKET, "region-1,elsewhere"],
    ["none", BUCKET, ""],
    ["fewer than an object has copies", BUCKET, "region-1"],
    ["one twice", BUCKET, "region-1,region-1"],
    ["one outside of the bucket's", HOME, "region-1,region-4"],
  ])("is refused for %s", async (_what, bucket, regions) => {
    const refused = { status: 400, code: "InvalidArgument" };
    expect(await put(`/${bucket}/refused`, "x", { [HEADER]: regions })).toMatchObject(refused);
    const create = { method: "POST", path: `/${bucket}/refused?uploads`, headers: { [HEADER]: regions } };
    expect(await on.fetch(create)).toMatchObject(refused);
    await put(`/${BUCKET}/any`, "x");
    const copy = { [HEADER]: regions, "x-amz-copy-source": `${BUCKET}/any` };
    expect(await put(`/${bucket}/refused`, "", copy)).toMatchObject(refused);
    expect((await on.fetch({ method: "HEAD", path: `/${bucket}/refused` })).status).toBe(404);
  });

  it("is refused when the header is not signed", async () => {
    const request = { method: "PUT", path: `/${BUCKET}/unsigned`, body: "x" } as const;
    const denied = { status: 403, code: "AccessDenied" };
    expect(await on.fetch({ ...request, unsignedHeaders: BOTH })).toMatchObject(denied);
    expect(await on.fetch({ ...request, authentication: "v4-query", unsignedHeaders: BOTH })).toMatchObject(denied);
    await on.fetch({ method: "PUT", path: "/open", headers: { "x-amz-acl": "public-read-write" } });
    const anonymous = { ...request, path: "/open/unsigned", authentication: "anonymous" } as const;
    expect(await on.fetch(anonymous)).toMatchObject({ status: 200 });
    expect(await on.fetch({ ...anonymous, headers: BOTH })).toMatchObject(denied);
  });

  it("is told to its owner only", async () => {
    await put(`/${BUCKET}/shown`, "x", { ...BOTH, "x-amz-acl": "public-read" });
    expect(await head(`/${BUCKET}/shown`)).toBe("region-1,region-2");
    const path = `/${BUCKET}/shown`;
    const bob = signedFetch({ endpoint: on.gateway.url, ...(await on.gateway.addAccount("bob")) });
    for (const answer of [await on.fetch({ path, authentication: "anonymous" }), await bob({ path })])
      expect([answer.status, answer.headers[HEADER]]).toEqual([200, undefined]);
  });
});

describe("a copy", () => {
  it("keeps the regions of its source as it keeps metadata, and takes others when told to", async () => {
    await put(`/${BUCKET}/kept`, "kept", BOTH);
    const source = { "x-amz-copy-source": `${BUCKET}/kept` };
    await put(`/${BUCKET}/kept-2`, "", source);
    expect([await head(`/${BUCKET}/kept-2`), await regionsOf(BUCKET, "kept-2")]).toEqual([
      "region-1,region-2",
      ["region-1", "region-2"],
    ]);
    await put(`/${BUCKET}/replaced`, "", { ...source, "x-amz-metadata-directive": "REPLACE" });
    expect(await head(`/${BUCKET}/replaced`)).toBeUndefined();
  });

  it("to itself is a change when it names other regions", async () => {
    await put(`/${BUCKET}/self`, "self", BOTH);
    const source = { "x-amz-copy-source": `${BUCKET}/self` };
    expect(await put(`/${BUCKET}/self`, "", source)).toMatchObject({ status: 400 });
    expect(await put(`/${BUCKET}/self`, "", { ...source, [HEADER]: "region-3,region-4" })).toMatchObject({
      status: 200,
    });
    expect(await regionsOf(BUCKET, "self")).toEqual(["region-3", "region-4"]);
    expect((await on.fetch({ path: `/${BUCKET}/self` })).text).toBe("self");
  });

  it("into a bucket with regions of its own stands there, byte for byte", async () => {
    const bytes = randomBytes(9 * 1024 * 1024);
    const headers = { [HEADER]: "region-3,region-4", "x-amz-meta-a": "1" };
    const { headers: before } = await put(`/${BUCKET}/abroad`, bytes, headers);
    const copied = await put(`/${HOME}/copied`, "", { "x-amz-copy-source": `${BUCKET}/abroad` });
    expect(copied).toMatchObject({ status: 200 });
    expect(await regionsOf(HOME, "copied")).not.toContain("region-4");
    const read = await on.fetch({ path: `/${HOME}/copied` });
    expect(read.headers).toMatchObject({ etag: before["etag"], "x-amz-meta-a": "1" });
    expect(read.headers[HEADER]).toBeUndefined();
    expect(read.body.equals(bytes)).toBe(true);
  });
});

describe("a bucket's regions", () => {
  it("hold for the same content that stands elsewhere already, and keep apart what is the same", async () => {
    for (let at = 0; at < 8; at++) {
      await put(`/${BUCKET}/same-${at}`, `same ${at}`, { [HEADER]: "region-3,region-4" });
      await put(`/${HOME}/same-${at}`, `same ${at}`);
      expect(await regionsOf(HOME, `same-${at}`)).not.toContain("region-4");
      expect(await regionsOf(BUCKET, `same-${at}`)).toEqual(["region-3", "region-4"]);
    }
  });

  it("are set only with backends for all copies, and while nothing could stand elsewhere", async () => {
    await on.fetch({ method: "PUT", path: "/strict" });
    const set = (placement: unknown) => call("PATCH", "/buckets/strict", { body: { placement } });
    for (const regions of [["region-1"], ["region-1", "elsewhere"]])
      expect((await set({ regions })).document.errors).toMatchObject([{ pointer: "/placement" }]);
    await put("/strict/key", "x");
    expect(await set({ regions: ["region-1", "region-2"] })).toMatchObject({ status: 409 });
    await on.fetch({ method: "DELETE", path: "/strict/key" });
    await on.fetch({ method: "POST", path: "/strict/key?uploads" });
    expect(await set({ regions: ["region-1", "region-2"] })).toMatchObject({ status: 409 });
    await on.fetch({ method: "PUT", path: "/strict-2" });
    const other = (placement: unknown) => call("PATCH", "/buckets/strict-2", { body: { placement } });
    expect((await other({ regions: ["region-2", "region-1"] })).document.settings.placement).toEqual({
      regions: ["region-1", "region-2"],
    });
    await put("/strict-2/key", "x");
    expect(await other({ regions: ["region-1", "region-2", "region-3"] })).toMatchObject({ status: 200 });
    expect(await other({ regions: ["region-2", "region-3"] })).toMatchObject({ status: 409 });
    expect(await other(null)).toMatchObject({ status: 200 });
  });

  it("say in an explanation why a copy elsewhere is not read", async () => {
    await put(`/${HOME}/explained`, "explained");
    const { metadata } = on.gateway.gateway;
    const { found } = await metadata.objects.find(HOME, "explained");
    await metadata.blobs.setReplica(found?.blob.id ?? 0, "store-4", "verified");
    const { document } = await call("GET", "/explain", { query: { bucket: HOME, key: "explained" } });
    expect(document.left).toEqual([
      { backend: "store-4", why: expect.stringContaining("region-1, region-2, region-3") },
    ]);
    expect(document.replicas.map(({ backend }: { backend: string }) => backend)).not.toContain("store-4");
  });
});

it("a copy for readers is named in an explanation and among an object's copies, with its end", async () => {
  const { metadata } = on.gateway.gateway;
  await put(`/${BUCKET}/read-far`, randomBytes(1000));
  const { blob } = (await metadata.objects.find(BUCKET, "read-far")).found ?? {};
  const [far = ""] = [1, 2, 3, 4].flatMap((at) =>
    blob?.replicas.some(({ backend }) => backend === `store-${at}`) ? [] : [`${at}`],
  );
  const rule = { afterReads: 1, max: 1, ttlHours: 1 };
  await metadata.readDemand.record([{ blobId: blob?.id ?? 0, region: `region-${far}`, reads: 1, rule }]);
  const named = { backend: `store-${far}`, readReplicaUntil: expect.any(String) };
  const query = { bucket: BUCKET, key: "read-far" };
  await vi.waitFor(
    async () =>
      expect((await call("GET", "/objects", { query })).document.replicas).toContainEqual(
        expect.objectContaining({ ...named, state: "reader" }),
      ),
    10_000,
  );
  const { document } = await call("GET", "/explain", { query });
  expect(document.replicas).toContainEqual(expect.objectContaining(named));
}, 20_000);
