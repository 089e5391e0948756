// What pages of other origins may see of answers, as S3 has it, over HTTP.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cors } from "../../src/http/cors.ts";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";
import { openOverNodes } from "../support/over-nodes.ts";
import type { Answer, PreparedRequest } from "../support/raw-request.ts";

const PAGE = "https://page.example";
const RULES = `<CORSConfiguration><CORSRule><AllowedOrigin>${PAGE}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
  <AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>
  <MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>`;

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket({ config: { publicAccess: "allowed" } });
  await on.put("k", "some bytes", { "x-amz-acl": "public-read" });
  await on.ok("PUT", "", { query: "cors", body: RULES });
  await on.fetch({ method: "PUT", path: "/plain" });
});
afterAll(() => on[Symbol.asyncDispose]());

const preflight = (path: string, headers: Record<string, string>, host?: string) =>
  on.fetch({ method: "OPTIONS", path, headers, ...(host && { host }), authentication: "anonymous" });
const ASKS = { origin: PAGE, "access-control-request-method": "PUT" };
const breakSignature = ({ headers }: PreparedRequest) => {
  for (const line of headers) if (line[0] === "authorization") line[1] += "0";
};
const allowedIn = ({ headers }: Answer) => headers["access-control-allow-origin"];

describe("a preflight", () => {
  it.each([
    ["a bucket", "/bucket", undefined],
    ["an object", "/bucket/k", undefined],
    ["an object that is not there", "/bucket/nothing?X-Amz-Signature=wrong", undefined],
    ["a bucket in the host name", "/k", "bucket.localhost"],
  ])("of %s is answered without a signature", async (_what, path, host) => {
    const answer = await preflight(path, { ...ASKS, "access-control-request-headers": "X-Amz-Date" }, host);
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": PAGE,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET, PUT",
      "access-control-allow-headers": "x-amz-date",
      "access-control-expose-headers": "ETag",
      "access-control-max-age": "60",
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    });
  });

  it.each([
    ["no origin", "/bucket/k", { "access-control-request-method": "PUT" }, 400, "BadRequest", /^Insufficient inform/],
    ["no method", "/bucket/k", { origin: PAGE }, 400, "BadRequest", /^Invalid Access-Control-Request-Method: null$/],
    ["another origin", "/bucket/k", { ...ASKS, origin: "https://b.example" }, 403, "AccessForbidden", /not allowed/],
    [
      "another method",
      "/bucket",
      { ...ASKS, "access-control-request-method": "DELETE" },
      403,
      "AccessForbidden",
      /all/,
    ],
    ["another header", "/bucket/k", { ...ASKS, "access-control-request-headers": "a" }, 403, "AccessForbidden", /all/],
    ["no rules", "/plain/k", ASKS, 403, "AccessForbidden", /^CORSResponse: CORS is not enabled for this bucket\.$/],
    ["no bucket", "/nowhere/k", ASKS, 403, "AccessForbidden", /^CORSResponse: CORS is not enabled for this bucket\.$/],
    ["the service", "/", ASKS, 403, "AccessForbidden", /not enabled/],
    ["no address", "/bucket/%zz", ASKS, 400, "InvalidURI", /parse/],
  ] as const)("with %s is refused", async (_what, path, headers, status, code, message) => {
    const answer = await preflight(path, headers);
    expect(answer).toMatchObject({ status, code });
    expect(texts(answer, "Message")[0]).toMatch(message);
    expect(allowedIn(answer)).toBeUndefined();
  });

  it("tells nobody which buckets exist", async () => {
    const told = async (bucket: string) => {
      const { status, text } = await preflight(`/${bucket}/k`, ASKS);
      return [status, text.replaceAll(bucket, "").replaceAll(/<(RequestId|HostId)>\w+</g, "")];
    };
    expect(await told("plain")).toEqual(await told("nowhere"));
  });

  it("says what it was asked for", async () => {
    const ofObject = await preflight("/bucket/k", { ...ASKS, origin: "https://b.example" });
    expect([texts(ofObject, "Method"), texts(ofObject, "ResourceType")]).toEqual([["PUT"], ["OBJECT"]]);
    const ofBucket = await preflight("/plain/k", { origin: PAGE });
    expect([texts(ofBucket, "Method"), texts(ofBucket, "ResourceType")]).toEqual([["OPTIONS"], ["BUCKET"]]);
  });
});

describe("an answer", () => {
  const get = (key: string, headers: Record<string, string> = {}, query = "") =>
    on.get(key, { origin: PAGE, ...headers }, query);
  it.each([
    ["200", () => get("k"), 200],
    ["206", () => get("k", { range: "bytes=0-1" }), 206],
    ["304", () => get("k", { "if-none-match": "*" }), 304],
    ["404", () => get("nothing"), 404],
    ["412", () => get("k", { "if-match": '"other"' }), 412],
    ["416", () => get("k", { range: "bytes=100-" }), 416],
    ["400", () => get("k", {}, "partNumber=x"), 400],
    ["501", () => get("k", {}, "torrent"), 501],
    ["403 for a signature", () => on.call("GET", "k", { headers: { origin: PAGE }, tamper: breakSignature }), 403],
    [
      "403 for a key",
      () => on.fetch({ path: "/bucket/nothing", headers: { origin: PAGE }, authentication: "anonymous" }),
      403,
    ],
    ["a listing", () => on.call("GET", "", { headers: { origin: PAGE }, query: "list-type=2" }), 200],
    ["a write", () => on.call("PUT", "new", { headers: { origin: PAGE }, body: "x" }), 200],
    ["a refused write", () => on.call("PUT", "new", { headers: { origin: PAGE, "if-none-match": "*" } }), 412],
  ])("of %s lets the page see it", async (_what, ask, status) => {
    const answer = await ask();
    expect([answer.status, allowedIn(answer)]).toEqual([status, PAGE]);
    expect(answer.headers["access-control-expose-headers"]).toBe("ETag");
  });

  it.each([
    ["no origin", () => on.get("k")],
    ["another origin", () => on.get("k", { origin: "https://b.example" })],
    ["a method that no rule has", () => on.call("DELETE", "new", { headers: { origin: PAGE } })],
    ["a bucket without rules", () => on.fetch({ method: "GET", path: "/plain", headers: { origin: PAGE } })],
    ["no bucket", () => on.fetch({ method: "GET", path: "/nowhere", headers: { origin: PAGE } })],
    ["a method that is asked for", () => on.get("k", { origin: PAGE, "access-control-request-method": "DELETE" })],
  ])("to %s has no header of it", async (_what, ask) => {
    const { headers } = await ask();
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control-") || name === "vary")).toEqual([]);
  });

  it("of the API and the console has none, whatever the buckets say", async () => {
    const path = "/-/api/v1/me";
    expect(allowedIn(await on.fetch({ method: "GET", path, headers: { origin: PAGE } }))).toBeUndefined();
    expect(await preflight(path, ASKS)).toMatchObject({ status: 405 });
  });
});

describe("the cost", () => {
  it("is one look at the bucket for a request with an origin, and none for any other", async () => {
    const looked: string[] = [];
    const findBucket = async (name: string) => void looked.push(name);
    const app = new Koa().use(cors({ domains: [], findBucket, corsRules: [] })).use((ctx) => {
      ctx.body = "";
    });
    const server = app.on("error", () => undefined).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ask = (method: string, headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/bucket/k`, { method, headers });
    for (const method of ["GET", "PUT", "OPTIONS"]) await ask(method, {});
    expect(looked).toEqual([]);
    for (const method of ["GET", "PUT", "OPTIONS"]) await ask(method, ASKS);
    expect(looked).toEqual(["bucket", "bucket", "bucket"]);
    server.close();
  });
});

describe("what the operator allows", () => {
  it("holds in buckets without rules, and nowhere else", async () => {
    await using other = await openBucket({ config: { cors: { allowedOrigins: ["https://*.example"] } } });
    await other.fetch({ method: "PUT", path: "/ruled" });
    await other.fetch({ method: "PUT", path: "/ruled", query: "cors", body: RULES });
    const from = async (path: string, origin: string) =>
      allowedIn(await other.fetch({ method: "GET", path, headers: { origin } }));
    expect(await from("/bucket", "https://b.example")).toBe("https://b.example");
    expect(await from("/nowhere", "https://b.example")).toBe("https://b.example");
    expect(await from("/", "https://b.example")).toBe("https://b.example");
    expect(await from("/bucket", "https://b.test")).toBeUndefined();
    expect(await from("/ruled", "https://b.example")).toBeUndefined();
    expect(await from("/ruled", PAGE)).toBe(PAGE);
  });
});

describe("a redirect to a node", () => {
  it("is seen by the page, and so is what the node answers to a browser that follows it", async () => {
    await using over = await openOverNodes({
      ...{ cors: { allowedOrigins: ["*"] }, redirect: { minBytes: 0 }, ingest: { bufferBytes: 65_536 } },
    });
    await over.put("k", "some bytes", { "x-amz-meta-a": "b" });
    const fromPage = { origin: PAGE, "sec-fetch-mode": "cors" };
    const { status, headers } = await over.call("GET", "k", { authentication: "v4-query", unsignedHeaders: fromPage });
    expect([status, headers["access-control-allow-origin"]]).toEqual([307, "*"]);
    const location = headers["location"] ?? "";
    const followed = await fetch(location, { headers: { origin: "null" } });
    expect([followed.status, await followed.text()]).toEqual([200, "some bytes"]);
    expect(followed.headers.get("access-control-allow-origin")).toBe("*");
    expect(followed.headers.get("access-control-expose-headers")).toContain("*");
    expect(followed.headers.get("x-amz-meta-a")).toBe("b");
    const asked = {
      origin: "null",
      "access-control-request-method": "GET",
      "access-control-request-headers": "x-amz-date",
    };
    const preflighted = await fetch(location, { method: "OPTIONS", headers: asked });
    expect([preflighted.status, preflighted.headers.get("access-control-allow-headers")]).toEqual([200, "x-amz-date"]);
    const put = await fetch(location, {
      method: "OPTIONS",
      headers: { ...asked, "access-control-request-method": "PUT" },
    });
    expect(put.status).toBe(403);
  });
});
