// A client that may use https is not redirected to a backend by http, whatever its headers claim.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { openBucket } from "../support/open-bucket.ts";

let node: TestGateway;
beforeAll(async () => {
  node = await startTestGateway({ backends: 1, config: { role: "node" } });
});
afterAll(() => node[Symbol.asyncDispose]());

type Config = Partial<GatewayConfigInput>;
const behindProxy: Config = { trustedProxies: ["127.0.0.1"] };
const allowed: Config = { redirect: { mode: "always", allowInsecureRedirects: true } };

it.each<[what: string, config: Config, headers: Readonly<Record<string, string>>, status: number]>([
  ["plain http", {}, {}, 307],
  ["a proxy nobody told us of, by X-Forwarded-Proto", {}, { "x-forwarded-proto": "https" }, 200],
  ["a proxy nobody told us of, silent on the protocol", {}, { "x-forwarded-for": "192.0.2.1" }, 200],
  ["a trusted proxy in TCP mode", behindProxy, {}, 200],
  ["Forwarded", behindProxy, { forwarded: "for=192.0.2.1;proto=https" }, 200],
  ["two proxies", behindProxy, { "x-forwarded-for": "192.0.2.1, 127.0.0.1", "x-forwarded-proto": "https, https" }, 200],
  ["a trusted proxy that says http", behindProxy, { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "http" }, 307],
  ["an https public URL", { publicUrl: "https://s3.example.com" }, {}, 200],
  ["an https public URL, where it is allowed", { publicUrl: "https://s3.example.com", ...allowed }, {}, 307],
])("%s", async (_what, config, headers, status) => {
  const { url, port, accessKeyId, secretAccessKey } = node;
  await using on = await openBucket({
    backends: [
      {
        kind: "node",
        name: "node",
        region: "here",
        endpoint: url,
        publicEndpoint: `http://localhost:${port}`,
        bucket: "store",
        // A bucket that another gateway has used is refused.
        prefix: `${randomUUID()}/`,
        accessKeyId,
        secretAccessKey,
      },
    ],
    config: { redirect: { mode: "always" }, ...config },
  });
  await on.put("key", "0123456789");
  expect((await on.get("key", { "x-nearbucket-redirect": "always", ...headers })).status).toBe(status);
});
