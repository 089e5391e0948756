// Who finds an API and a console here: everybody, or those in `api.networks`; to the others both are like what does not
// exist, and S3 is as it was.
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { apiClient } from "../support/api.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { TestRequest } from "../support/sign.ts";

const INSIDE = "198.51.100.7";
const OUTSIDE = "203.0.113.1";
const BROWSER = { accept: "text/html", "sec-fetch-mode": "navigate" };

/** Through a proxy on this machine, which says who asks. */
const from = (address: string) => ({ "x-forwarded-for": address });

async function ask(url: string, headers: Readonly<Record<string, string>>, method = "GET") {
  const answer = await fetch(url, { method, headers, redirect: "manual" });
  const { "x-amz-request-id": _id, "x-amz-id-2": _id2, date: _date, ...rest } = Object.fromEntries(answer.headers);
  return { status: answer.status, headers: rest, text: await answer.text() };
}

/** `fetch` of node's own adds headers that say who fetches what; a browser's page load has others. */
function open(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: { ...headers, ...BROWSER } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.once("error", reject).end();
  });
}

const signedFrom =
  ({ fetch }: TestGateway, address: string) =>
  (given: TestRequest) =>
    fetch({ ...given, unsignedHeaders: from(address) });

describe("api.networks", () => {
  let gateway: TestGateway;
  let script: string;
  beforeAll(async () => {
    const config = { trustedProxies: ["127.0.0.1"], api: { networks: ["198.51.100.0/24"] } };
    gateway = await startTestGateway({ config });
    const page = await ask(`${gateway.url}/-/`, from(INSIDE));
    script = /src="(\/-\/assets\/[^"]+\.js)"/.exec(page.text)?.[1] ?? "";
    await gateway.fetch({ method: "PUT", path: "/bucket" });
    await gateway.fetch({ method: "PUT", path: "/bucket/key", body: "content" });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it("lets those in who ask from there", async () => {
    expect(script).not.toBe("");
    for (const path of ["/-/", script, "/-/api/v1/openapi.json"])
      expect([path, (await ask(gateway.url + path, from(INSIDE))).status]).toEqual([path, 200]);
    expect(await open(gateway.url, from(INSIDE))).toBe(302);
    expect((await signedFrom(gateway, INSIDE)({ path: "/-/api/v1/me" })).status).toBe(200);
  });

  it("answers all others as for any path that does not exist, signed or not", async () => {
    const nothing = await ask(`${gateway.url}/-/nothing`, from(OUTSIDE));
    expect(nothing).toMatchObject({ status: 404, text: "" });
    for (const path of ["/-/", script, "/-/api/v1/openapi.json", "/-/api/v1/me", "/-/api/v1/none", "/-/api/"])
      expect([path, await ask(gateway.url + path, from(OUTSIDE))]).toEqual([path, nothing]);
    const post = await ask(`${gateway.url}/-/nothing`, from(OUTSIDE), "POST");
    for (const path of ["/-/api/v1/sign-in", "/-/api/v1/sessions"])
      expect([path, await ask(gateway.url + path, from(OUTSIDE), "POST")]).toEqual([path, post]);
    const signed = await signedFrom(gateway, OUTSIDE)({ path: "/-/api/v1/me" });
    expect([signed.status, signed.text]).toEqual([404, ""]);
    expect(await open(gateway.url, from(OUTSIDE))).toBe(403);
  });

  it("leaves them S3, the answers for load balancers, and the links that were made inside", async () => {
    const ready = await ask(`${gateway.url}/-/ready`, from(OUTSIDE));
    expect([ready.status, ready.text]).toEqual([200, '{"ready":true}']);
    expect((await signedFrom(gateway, OUTSIDE)({ path: "/bucket/key" })).text).toBe("content");
    const body = JSON.stringify({ bucket: "bucket", key: "key", expiresSeconds: 600 });
    const headers = { "content-type": "application/json" };
    const made = await signedFrom(gateway, INSIDE)({ method: "POST", path: "/-/api/v1/links", headers, body });
    expect((await ask(gateway.url + JSON.parse(made.text).path, from(OUTSIDE))).text).toBe("content");
  });

  it("believes no address that anybody but a trusted proxy tells", async () => {
    await using other = await startTestGateway({ config: { api: { networks: ["198.51.100.0/24"] } } });
    expect((await ask(`${other.url}/-/`, from(INSIDE))).status).toBe(404);
    expect((await ask(`${other.url}/-/`, { forwarded: `for=${INSIDE}` })).status).toBe(404);
    expect((await ask(`${other.url}/-/`, {})).status).toBe(200);
  });
});

it.each<[what: string, config: Partial<GatewayConfigInput>]>([
  ["with an empty list of networks", { api: { networks: [] } }],
  ["without one", {}],
])("lets this machine in, %s", async (_what, config) => {
  await using gateway = await startTestGateway({ config });
  expect((await ask(`${gateway.url}/-/`, {})).status).toBe(200);
  expect((await apiClient(gateway)("GET", "/me")).status).toBe(200);
});

it("lets everybody in where no networks are told", async () => {
  await using gateway = await startTestGateway({ config: { trustedProxies: ["127.0.0.1"] } });
  expect((await ask(`${gateway.url}/-/`, from(OUTSIDE))).status).toBe(200);
  expect((await signedFrom(gateway, OUTSIDE)({ path: "/-/api/v1/me" })).status).toBe(200);
});

it("has an API without a console where that is turned off", async () => {
  await using gateway = await startTestGateway({ config: { console: false } });
  const nothing = await ask(`${gateway.url}/-/nothing`, {});
  expect(await ask(`${gateway.url}/-/`, {})).toEqual(nothing);
  expect(await ask(`${gateway.url}/-/assets/index.js`, {})).toEqual(nothing);
  expect(await open(gateway.url, {})).toBe(403);
  expect((await apiClient(gateway)("GET", "/me")).status).toBe(200);
});
