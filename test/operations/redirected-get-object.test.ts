// GetObject answered by 307, with nodes behind the gateway: the headers of the redirect, and the answer of the node.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openOverNodes } from "../support/over-nodes.ts";
import { presign } from "../support/sign.ts";

let on: Awaited<ReturnType<typeof openOverNodes>>;
let etag: string;

beforeAll(async () => {
  on = await openOverNodes({
    redirect: { mode: "always", mediaExpirySeconds: 21_600, mediaBuckets: ["bucket"] },
  });
  const attributes = { "content-type": "text/x", "x-amz-meta-name": "Grüße", "cache-control": "max-age=9" };
  etag = String((await on.put("k", "0123456789", attributes)).headers["etag"]);
});
afterAll(() => on[Symbol.asyncDispose]());

// The override keeps the gateway from taking a repeated read for a client that cannot follow.
const redirected = (query = "") => on.get("k", { "x-nearbucket-redirect": "always" }, query);

async function follow(location: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(String(location), { headers });
}

describe("a redirect", () => {
  it("has the URL, the reason, no-store and the way to opt out, in less than 1 KiB", async () => {
    const answer = await redirected();
    expect(answer).toMatchObject({ status: 307, code: "TemporaryRedirect" });
    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "x-amz-bucket-region": "us-east-1",
      "content-type": "application/xml",
    });
    expect(answer.headers["x-nearbucket-served"]).toMatch(/^redirect; reason=/);
    expect(answer.headers["location"]).toMatch(/^http:\/\/localhost:\d+\/store\//);
    expect(answer.text).toContain("x-nearbucket-redirect: never");
    expect(answer.text).not.toContain("<Endpoint>");
    expect(answer.body.length).toBeLessThan(1024);
  });

  it("has headers that a foreign store could not send, under names of its own", async () => {
    const { headers } = await redirected();
    expect(headers["x-nearbucket-set-etag"]).toBe(etag);
    expect(headers["x-nearbucket-set-last-modified"]).toBeDefined();
    expect(Buffer.from(String(headers["x-nearbucket-set-x-amz-meta-name"]), "latin1").toString()).toBe("Grüße");
    expect(headers).not.toHaveProperty("etag");
  });

  it("has the object's regions, and its URL does not tell them", async () => {
    await on.put("placed", "01", { "x-nearbucket-regions": "region-0,region-1" });
    const { headers } = await on.get("placed", { "x-nearbucket-redirect": "always" });
    expect(headers["x-nearbucket-set-x-nearbucket-regions"]).toBe("region-0,region-1");
    expect((await follow(headers["location"])).headers.has("x-nearbucket-regions")).toBe(false);
  });

  it("leads to a node that answers with the object's headers", async () => {
    const { headers } = await redirected();
    const head = await on.call("HEAD", "k");
    const answer = await follow(headers["location"]);
    expect([answer.status, await answer.text()]).toEqual([200, "0123456789"]);
    for (const name of ["etag", "last-modified", "content-type", "cache-control", "content-length", "x-amz-meta-name"])
      expect(answer.headers.get(name), name).toBe(head.headers[name]);
  });

  it("is right for ranges and conditions, which the node checks against the object's headers", async () => {
    const { headers } = await redirected();
    const ranged = await follow(headers["location"], { range: "bytes=2-4" });
    expect([ranged.status, await ranged.text(), ranged.headers.get("etag")]).toEqual([206, "234", etag]);
    const unchanged = await follow(headers["location"], { "if-none-match": etag });
    expect([unchanged.status, unchanged.headers.get("etag")]).toEqual([304, etag]);
    const changed = await follow(headers["location"], { "if-match": '"other"' });
    expect(changed.status).toBe(412);
  });

  it("lets the client's own response-* parameters win", async () => {
    const { headers } = await redirected("response-content-type=a%2Fb");
    expect((await follow(headers["location"])).headers.get("content-type")).toBe("a/b");
  });

  it.each(["v4-query", "v2-query"] as const)(
    "ends with the presigned URL (%s) that led to it, whatever else the request says",
    async (authentication) => {
      const { url: endpoint, accessKeyId, secretAccessKey } = on.gateway;
      const options = { endpoint, accessKeyId, secretAccessKey, now: () => new Date() };
      const presigned = presign(options, { path: "/bucket/k", authentication, expiresIn: 30 });
      const latest = Date.now() + 30_000;
      const headers = { "x-nearbucket-redirect": "always", "sec-fetch-dest": "video" };
      const answer = await fetch(presigned, { headers, redirect: "manual" });
      expect(answer.status).toBe(307);
      const { searchParams } = new URL(answer.headers.get("location") ?? "");
      const date = (searchParams.get("X-Amz-Date") ?? "").replace(/^(....)(..)(..T..)(..)/, "$1-$2-$3:$4:");
      const end = Date.parse(date) + 1000 * Number(searchParams.get("X-Amz-Expires"));
      expect(end).toBeGreaterThan(Date.now());
      expect(end).toBeLessThanOrEqual(latest);
    },
  );

  it("is not used when the gateway itself answers 304, 412 or 416", async () => {
    expect(await on.get("k", { "if-none-match": etag })).toMatchObject({ status: 304 });
    expect(await on.get("k", { "if-match": '"x"' })).toMatchObject({ status: 412 });
    expect(await on.get("k", { range: "bytes=99-" })).toMatchObject({ status: 416 });
  });

  it("is not used for a client that opts out, nor for a part", async () => {
    expect(await on.get("k", { "x-nearbucket-redirect": "never" })).toMatchObject({ status: 200, text: "0123456789" });
    expect(await on.get("k", {}, "partNumber=1")).toMatchObject({ status: 206, text: "0123456789" });
  });

  it.each([{ range: "bytes=2-4", "if-range": '"other"' }, { range: "bytes=0-1,4-5" }])(
    "is not used where a store might heed a Range that does not count: %j",
    async (headers) => {
      const answer = await on.get("k", { ...headers, "x-nearbucket-redirect": "always" });
      expect(answer).toMatchObject({ status: 200, text: "0123456789" });
      expect(answer.headers["x-nearbucket-served"]).toMatch(/; reason=1-not-plain$/);
    },
  );
});

describe("a node", () => {
  const encoded = (headers: object) => Buffer.from(JSON.stringify(headers)).toString("base64url");

  async function locate(): Promise<URL> {
    return new URL(String((await redirected()).headers["location"]));
  }

  /** A URL of the blob, signed with the node's own key, with these headers embedded. */
  async function embed(headers: object): Promise<string> {
    const { port, pathname } = await locate();
    const node = on.nodes.find((one) => String(one.port) === port);
    if (node === undefined) throw new Error("a redirect to no node");
    return presign(
      { endpoint: node.url, ...node.clientConfig.credentials },
      { path: pathname, query: { "x-nearbucket-reply": encoded(headers) } },
    );
  }

  it("replies with the headers embedded in its URL", async () => {
    expect((await fetch(await embed({ etag: '"other"' }))).headers.get("etag")).toBe('"other"');
  });

  it.each([{ "set-cookie": "a=b" }, { location: "http://elsewhere" }, { etag: "a\r\nb" }])(
    "refuses to reply with %j",
    async (headers) => {
      expect((await fetch(await embed(headers))).status).toBe(400);
    },
  );

  it("ignores everything that the signature does not cover", async () => {
    const { href } = await locate();
    const bent = href.replace(/x-nearbucket-reply=[^&]*/, `x-nearbucket-reply=${encoded({ etag: '"bent"' })}`);
    expect(bent).not.toBe(href);
    expect((await fetch(bent)).status).toBe(403);
  });
});
