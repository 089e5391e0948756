// Explained beside nodes that clients are really sent to: what is explained is held against what a read does.
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiClient } from "../support/api.ts";
import type { OpenBucket } from "../support/open-bucket.ts";
import { openOverNodes } from "../support/over-nodes.ts";

const FOLLOWER = "aws-sdk-go/1.44.298";
let on: OpenBucket;

beforeAll(async () => {
  on = await openOverNodes({
    redirect: { minBytes: 8 },
    publicAccess: "allowed",
    clientMap: [{ cidr: "192.0.2.0/24", region: "region-1" }],
  });
  await on.put("k", "0123456789");
  await on.put("small", "123");
  await on.put("open", "0123456789", { "x-amz-acl": "public-read" });
});
afterAll(() => on[Symbol.asyncDispose]());

const explain = (query: Readonly<Record<string, string>>) =>
  apiClient(on.gateway)("GET", "/explain", { query: { bucket: "bucket", key: "k", ...query } });

it("names the copy, the rule and the client that a read by that client meets", async () => {
  const read = await on.get("k", { "user-agent": FOLLOWER });
  const { document } = await explain({ userAgent: FOLLOWER, latitude: "0", longitude: "9" });
  expect(read.headers["x-nearbucket-served"]).toBe(`redirect; reason=${document.answer.rule}`);
  expect(document.answer).toMatchObject({ kind: "redirect", backend: "node-1", rule: "14-client" });
  expect(document.client).toEqual({
    address: "127.0.0.1",
    coordinates: { latitude: 0, longitude: 9 },
    source: "claimed",
    family: "aws-sdk-go",
  });
  expect(document.replicas.map(({ backend }: { backend: string }) => backend)).toEqual(["node-1", "node-0"]);
  expect(document.replicas[0].distanceKm).toBeCloseTo(111.2, 1);
  expect(document.steps.at(-1).rule).toBe("14-client");
});

it("takes the address that is given for the client's", async () => {
  const { document } = await explain({ userAgent: FOLLOWER, address: "192.0.2.7" });
  expect(document.client).toMatchObject({ address: "192.0.2.7", region: "region-1", source: "client-map" });
  expect(document.answer.backend).toBe("node-1");
});

it("says by what an address is placed", async () => {
  const { client } = (await explain({ address: "133.11.0.1" })).document;
  expect(client).toMatchObject({ source: "country", country: "JP", coordinates: expect.anything() });
  const { client: nowhere } = (await explain({ address: "10.0.0.1" })).document;
  expect(nowhere).toEqual({ address: "10.0.0.1", family: expect.any(String) });
});

it("says why a small object is not worth a redirect", async () => {
  const read = await on.get("small", { "user-agent": FOLLOWER });
  const { answer } = (await explain({ key: "small", userAgent: FOLLOWER })).document;
  expect(read.headers["x-nearbucket-served"]).toBe(`proxy; reason=${answer.rule}`);
  expect(answer.because).toContain("the read has 3 bytes, fewer than redirect.minBytes 8");
});

it("tells a presigned URL from a signed header", async () => {
  const read = await on.call("GET", "k", { authentication: "v4-query", headers: { "user-agent": "Wget/1" } });
  const { answer } = (await explain({ userAgent: "Wget/1", authentication: "query" })).document;
  expect(read.headers["x-nearbucket-served"]).toBe(`redirect; reason=${answer.rule}`);
  expect((await explain({ userAgent: "Wget/1" })).document.answer).toMatchObject({ kind: "proxy", rule: "14-client" });
});

it("explains what a client without a signature gets where it may read, and only there", async () => {
  const { answer } = (await explain({ key: "open", userAgent: "Wget/1", authentication: "anonymous" })).document;
  expect(answer.rule).toBe("17-following-agent");
  const closed = await explain({ authentication: "anonymous" });
  expect(closed.document).toMatchObject({ code: "AccessDenied", status: 403 });
});

it("counts nothing", async () => {
  const reads = async () =>
    (await (await fetch(`${on.gateway.url}/-/metrics`)).text())
      .split("\n")
      .filter((line) => line.startsWith("nearbucket_reads_total"));
  const before = await reads();
  expect(before.length).toBeGreaterThan(0);
  await explain({ userAgent: "a client that nobody knows" });
  expect(await reads()).toEqual(before);
});

it("answers only those who may read the object, by account and by key", async () => {
  const query = { bucket: "bucket", key: "k" };
  const stranger = apiClient(on.gateway, await on.gateway.addAccount("stranger"));
  expect((await stranger("GET", "/explain", { query })).document.code).toBe("AccessDenied");
  expect((await stranger("GET", "/explain", { query: { ...query, key: "open" } })).status).toBe(200);
  const scope = { places: [{ bucket: "bucket", prefix: "o" }] };
  const limited = apiClient(on.gateway, await on.gateway.addAccount("root", { scope }));
  expect((await limited("GET", "/explain", { query })).document.code).toBe("AccessDenied");
  expect((await limited("GET", "/explain", { query: { ...query, key: "open" } })).status).toBe(200);
});

it.each([
  ["no address", { address: "nowhere" }, "/address"],
  ["half a place", { latitude: "1" }, "/longitude"],
  ["a place off the earth", { latitude: "91", longitude: "0" }, "/latitude"],
])("refuses %s", async (_what, query, pointer) => {
  const { document } = await explain(query);
  expect(document).toMatchObject({ code: "BadRequest", errors: [{ pointer }] });
});

it("knows neither a bucket nor an object that is not there", async () => {
  expect((await explain({ bucket: "nothing" })).document.code).toBe("NoSuchBucket");
  expect((await explain({ key: "nothing" })).document.code).toBe("NoSuchKey");
});

it("counts the addresses that each region would serve, as explained one by one", async () => {
  const addresses = ["192.0.2.7", "192.0.2.8", "133.11.0.1", "::ffff:192.0.2.9", "10.0.0.1"];
  const call = apiClient(on.gateway);
  const { document } = await call("POST", "/explain/shares", { body: { bucket: "bucket", key: "k", addresses } });
  const placed = document.regions.reduce((sum: number, region: { placed: number }) => sum + region.placed, 0);
  const total = document.regions.reduce((sum: number, region: { addresses: number }) => sum + region.addresses, 0);
  expect([total, placed, document.streamed]).toEqual([5, 4, 0]);
  const mapped = document.regions.find(({ region }: { region: string }) => region === "region-1");
  expect(mapped.addresses).toBeGreaterThanOrEqual(3);
  const alone = await call("POST", "/explain/shares", {
    body: { bucket: "bucket", key: "k", addresses: ["133.11.0.1"] },
  });
  const { client, answer, replicas } = (await explain({ address: "133.11.0.1", userAgent: FOLLOWER })).document;
  const chosen = replicas.find(({ backend }: { backend: string }) => backend === answer.backend);
  expect(client.country).toBe("JP");
  // Both round: one to whole kilometres, the other to tenths.
  const near = (km: number) => Math.abs(km - chosen.distanceKm) < 0.6;
  expect(alone.document.regions).toEqual([
    { region: chosen.region, addresses: 1, placed: 1, meanKm: expect.toSatisfy(near) },
  ]);
});

it("refuses what is no address, and shares of an object that the caller may not read", async () => {
  const body = { bucket: "bucket", key: "k", addresses: ["192.0.2.7", "nowhere", "1.2.3"] };
  const { document } = await apiClient(on.gateway)("POST", "/explain/shares", { body });
  const detail = (text: string) => `an IP address, such as 192.0.2.1, and not "${text}"`;
  expect(document.errors).toEqual([
    { pointer: "/addresses/1", detail: detail("nowhere") },
    { pointer: "/addresses/2", detail: detail("1.2.3") },
  ]);
  const stranger = apiClient(on.gateway, await on.gateway.addAccount("other"));
  const asked = await stranger("POST", "/explain/shares", { body: { ...body, addresses: ["192.0.2.7"] } });
  expect(asked.document.code).toBe("AccessDenied");
});
