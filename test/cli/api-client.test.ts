// Against a real gateway: what the client says, and what it makes of refusals, silence and strangers.

import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type ApiOptions, openApi, path } from "../../src/cli/api-client.ts";
import { whyRefused } from "../../src/cli/api-refusals.ts";
import { findApi } from "../../src/cli/endpoint.ts";
import { me } from "../../src/contract/sessions.ts";
import { makeCa } from "../support/certificates.ts";
import { startTestGateway } from "../support/gateway.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const KEY = { accessKeyId: "KEY", secretAccessKey: "a-secret-of-nobody" };

async function clientOf(gateway: { readonly url: string }, more: Partial<ApiOptions> = {}) {
  return openApi({ endpoint: gateway.url, key: KEY, region: "us-east-1", caFile: undefined, ...more });
}

/** A server that answers everything in one way; undefined: not at all. */
async function stranger(status?: number, body = "") {
  const server = createServer((_, response) => {
    if (status !== undefined) response.writeHead(status).end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it("asks a gateway, signed with its key and region", async () => {
  await using gateway = await startTestGateway({ config: { region: "eu-north-1", strictRegion: true } });
  const api = await clientOf(gateway, { key: gateway, region: "eu-north-1" });
  expect(await api.call("GET", "/me", me)).toMatchObject({ account: "root", operator: true });
  const elsewhere = await clientOf(gateway, { key: gateway });
  await expect(elsewhere.call("GET", "/me", me)).rejects.toThrow("eu-north-1");
});

it("gives the gateway's own words for a refusal", async () => {
  await using gateway = await startTestGateway();
  const api = await clientOf(gateway, { key: { ...gateway, secretAccessKey: "not-the-secret-of-it" } });
  await expect(api.call("GET", "/me", me)).rejects.toThrow(
    `the secret of the access key ${gateway.accessKeyId} is wrong`,
  );
  const own = await clientOf(gateway, { key: gateway });
  await expect(own.call("GET", "/nothing", me)).rejects.toThrow("its version is older");
  const unknown = await clientOf(gateway, { key: { ...gateway, accessKeyId: "NOBODY" } });
  await expect(unknown.call("GET", "/me", me)).rejects.toThrow("knows no access key NOBODY");
});

it("speaks TLS with a gateway whose CA it is given, and says what to do where it is not", async () => {
  const ca = await makeCa(await temporaryDirectory(), "ca");
  const tls = await ca.issue("gateway");
  await using gateway = await startTestGateway({ config: { tls } });
  const api = await clientOf(gateway, { key: gateway, caFile: ca.file });
  expect(await api.call("GET", "/me", me)).toMatchObject({ account: "root" });
  await expect((await clientOf(gateway, { key: gateway })).call("GET", "/me", me)).rejects.toThrow(/--ca FILE$/);
  const leaf = await clientOf(gateway, { key: gateway, caFile: tls.certificate });
  expect(await leaf.call("GET", "/me", me)).toMatchObject({ account: "root" });
});

it("says that nobody answers, within its patience", async () => {
  await expect((await clientOf({ url: "http://127.0.0.1:1" })).call("GET", "/me", me)).rejects.toThrow(
    "http://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
  );
  const silent = await stranger();
  const asked = (await clientOf(silent)).call("GET", "/me", me, { patienceMs: 200 });
  await expect(asked).rejects.toThrow(`${silent.url} did not answer within 0.2 s`);
});

it("knows a stranger, and an answer of another shape", async () => {
  const other = await stranger(404, "<html>not here</html>");
  await expect((await clientOf(other)).call("GET", "/me", me)).rejects.toThrow(
    `${other.url} answers 404: it is no gateway, an older one, or its api.networks leave you out`,
  );
  const newer = await stranger(200, '{"account":1}');
  await expect((await clientOf(newer)).call("GET", "/me", z.object({ account: z.string() }))).rejects.toThrow(
    "does not know",
  );
});

it.each([
  [200, "<html>hello</html>", "answers 200: it is no gateway"],
  [502, "<html>502 Bad Gateway</html>", "answers 502, and not as a gateway does: does a proxy before it find none?"],
  [503, '{"message":"no upstream"}', "answers 503, and not as a gateway does"],
])("says of an answer %j %s that it is no gateway's", async (status, body, words) => {
  const other = await stranger(status, body);
  await expect((await clientOf(other)).call("GET", "/me", me)).rejects.toThrow(`${other.url} ${words}`);
});

it("says which of TLS and plain HTTP the endpoint does not speak", async () => {
  const plain = await stranger(200, "{}");
  const secure = (await clientOf({ url: plain.url.replace("http:", "https:") })).call("GET", "/me", me);
  await expect(secure).rejects.toThrow("does not speak TLS, or another version of it: is it http:// in place");
  const tls = await (await makeCa(await temporaryDirectory(), "ca")).issue("gateway");
  await using gateway = await startTestGateway({ config: { tls } });
  const unencrypted = (await clientOf({ url: gateway.url.replace("https:", "http:") })).call("GET", "/me", me);
  await expect(unencrypted).rejects.toThrow("Is it https:// in place of http://?");
});

it("says what the clocks show when they differ too much", () => {
  const body = JSON.stringify({
    ...{ type: "about:blank", title: "Too large", status: 403, instance: "1", code: "RequestTimeTooSkewed" },
  });
  const reply = { status: 403, location: undefined, date: "Fri, 27 Nov 2026 12:00:00 GMT", body };
  expect(whyRefused(reply, "KEY", new Date("2026-11-27T12:20:00Z"))).toBe(
    "this machine's clock and the gateway's differ too much: it is 2026-11-27T12:20:00Z here and 2026-11-27T12:00:00Z there",
  );
});

it("lists what is wrong with a body, a line each", async () => {
  const fault = { pointer: "/name", detail: "too long" };
  const problem = {
    type: "about:blank",
    title: "Bad",
    status: 400,
    instance: "1",
    code: "BadRequest",
    errors: [fault],
  };
  const api = await clientOf(await stranger(400, JSON.stringify(problem)));
  await expect(api.call("POST", "/x", z.undefined(), { body: {} })).rejects.toThrow("Bad\n  /name: too long");
});

it.each(["s3.example.com", "ftp://a", "http://a/path", "http://user:word@a", "http://a/?x"])(
  "refuses %s as an endpoint, and does not repeat it",
  async (endpoint) => {
    const refused = clientOf({ url: endpoint });
    await expect(refused).rejects.toThrow("the endpoint is not an address");
    await expect(refused).rejects.not.toThrow("word");
  },
);

it("encodes names in a path", () => {
  expect(path`/backends/${"a/b c"}/check`).toBe("/backends/a%2Fb%20c/check");
});

it("finds endpoint and key in options, environment and profiles, in this order", async () => {
  const directory = await temporaryDirectory();
  await writeFile(
    join(directory, "config"),
    "[default]\nendpoint_url = http://default:1\naws_access_key_id = D\naws_secret_access_key = d\n" +
      "[profile named]\nendpoint_url = http://named:1\naws_access_key_id = N\naws_secret_access_key = n\n" +
      "[profile half]\nendpoint_url = http://half:1\naws_access_key_id = N\n",
  );
  const files = { AWS_CONFIG_FILE: join(directory, "config") };
  const find = (options: object, env: Record<string, string>) =>
    findApi(options, { env, directory } as Parameters<typeof findApi>[1]);
  const found = async (options: object, env: Record<string, string>) => (await find(options, env))?.endpoint;
  const key = { AWS_ACCESS_KEY_ID: "E", AWS_SECRET_ACCESS_KEY: "e" };
  const urls = {
    NEARBUCKET_ENDPOINT: "http://own:1",
    AWS_ENDPOINT_URL_S3: "http://s3:1",
    AWS_ENDPOINT_URL: "http://all:1",
  };
  expect(await found({ endpoint: "http://option:1", profile: "named" }, { ...files, ...urls })).toBe("http://option:1");
  expect(await found({ profile: "named" }, { ...files, ...urls })).toBe("http://named:1");
  expect(await found({}, { ...files, ...urls })).toBe("http://own:1");
  expect(await found({}, { ...urls, ...key, NEARBUCKET_ENDPOINT: "http://own:2" })).toBe("http://own:2");
  expect(await found({}, { ...files, AWS_ENDPOINT_URL_S3: "http://s3:1", AWS_ENDPOINT_URL: "http://all:1" })).toBe(
    "http://s3:1",
  );
  expect(await found({}, { ...files, AWS_ENDPOINT_URL: "http://all:1" })).toBe("http://all:1");
  expect(await found({}, files)).toBe("http://default:1");
  expect(await found({}, { ...files, AWS_PROFILE: "named" })).toBe("http://named:1");
  expect(await found({}, key)).toBeUndefined();
  await expect(find({ profile: "none" }, files)).rejects.toThrow("there is no profile none");
  await expect(find({ profile: "half" }, { ...files, ...key })).rejects.toThrow("an access key is needed");
  await expect(find({ endpoint: "http://a:1" }, { AWS_ACCESS_KEY_ID: "A" })).rejects.toThrow("an access key is needed");
});
