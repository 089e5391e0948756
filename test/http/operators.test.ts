// Answers under `/-/`: strangers get yes or no, operators get everything, and S3 clients get their keys.
import { get } from "node:http";
import { text } from "node:stream/consumers";
import sqlite3 from "sqlite3";
import { describe, expect, it } from "vitest";
import { askedFrom } from "../../src/admin/asked-from.ts";
import { clientReader } from "../../src/delivery/client.ts";
import { knownHosts } from "../../src/http/known-host.ts";
import type { HeaderFields } from "../../src/model.ts";
import { startTestGateway } from "../support/gateway.ts";

const DETAILS = {
  stopping: false,
  reads: true,
  writes: true,
  database: "up",
  backends: { "store-1": "up", "store-2": "up", "store-3": "up" },
};

async function ask(url: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(url, { headers });
  return { status: answer.status, text: await answer.text() };
}

/** By another name than that of the URL. */
function askBy(url: string, host: string): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) =>
    get(url, { headers: { host } }, (answer) =>
      text(answer).then((body) => resolve({ status: answer.statusCode, text: body }), reject),
    ).once("error", reject),
  );
}

describe("knownHosts", () => {
  const isKnown = knownHosts({
    listen: { host: "gateway.lan" },
    admin: { listen: { host: "admin.lan" } },
    publicUrl: "https://s3.example.com:8443",
    domains: ["localhost", "objects.example.com"],
  });

  it.each([
    undefined,
    "127.0.0.1",
    "127.0.0.1:9000",
    "[::1]",
    "[::1]:9000",
    "localhost",
    "LOCALHOST:9000",
    "a.localhost",
  ])("%s", (host) => expect(isKnown(host)).toBe(true));
  it.each([
    "gateway-1:9100",
    "gateway.lan",
    "admin.lan:9100",
    "s3.example.com",
    "S3.example.com.:443",
    "objects.example.com",
  ])("%s, as told", (host) => expect(isKnown(host)).toBe(true));
  it.each(["rebound.example", "s3.example.com.rebound.example", "x.s3.example.com", "127.0.0.1.rebound.example:9000"])(
    "not %s",
    (host) => expect(isKnown(host)).toBe(false),
  );
});

describe("askedFrom", () => {
  const isOperator = askedFrom(["198.51.100.0/24", "10.0.0.0/8"]);
  const read = clientReader({ trustedProxies: ["10.0.0.1", "127.0.0.9"] });

  it.each<[what: string, peer: string, headers: HeaderFields, operator: boolean]>([
    ["this machine", "127.0.0.1", {}, true],
    ["this machine by IPv6", "::1", {}, true],
    ["a network told", "198.51.100.7", {}, true],
    ["anybody", "203.0.113.1", {}, false],
    ["anybody who claims to be this machine", "203.0.113.1", { "x-forwarded-for": "127.0.0.1" }, false],
    ["a proxy on this machine", "127.0.0.1", { "x-forwarded-for": "203.0.113.1" }, false],
    ["the same for this machine", "127.0.0.1", { "x-forwarded-for": "127.0.0.1" }, false],
    ["a proxy in a network told", "10.0.0.2", { forwarded: "for=203.0.113.1" }, false],
    ["a trusted proxy on this machine", "127.0.0.9", { "x-forwarded-for": "203.0.113.1" }, false],
    ["the same, silent", "127.0.0.9", {}, false],
    ["a trusted proxy for a network told", "10.0.0.1", { "x-forwarded-for": "198.51.100.7" }, true],
    ["a trusted proxy for its own loopback", "10.0.0.1", { "x-forwarded-for": "127.0.0.1" }, false],
    ["a trusted proxy in a network told, silent", "10.0.0.1", {}, false],
    ["the same for a hidden client", "10.0.0.1", { forwarded: "for=unknown" }, false],
    ["the same, headers at odds", "10.0.0.1", { forwarded: "for=8.8.8.8", "x-forwarded-for": "198.51.100.7" }, false],
  ])("%s", (_what, address, headers, operator) => {
    expect(isOperator(read({ address, secure: false }, headers))).toBe(operator);
  });
});

describe("the S3 listener", () => {
  it("shows details and metrics to this machine", async () => {
    await using gateway = await startTestGateway();
    const ready = await ask(`${gateway.url}/-/ready`);
    expect([ready.status, JSON.parse(ready.text)]).toEqual([200, DETAILS]);
    expect((await ask(`${gateway.url}/-/metrics`)).text).toContain("nearbucket_backend_up");
    expect(JSON.parse((await ask(`${gateway.url}/-/status`)).text)).toMatchObject({
      copies: 2,
      backends: [{ name: "store-1", region: "region-1", up: true, draining: false, recentErrors: 0 }, {}, {}],
    });
  });

  it("tells a page that had its own name lead here no more than strangers, nor on the listener for operators", async () => {
    await using gateway = await startTestGateway({ config: { publicUrl: "https://S3.example.com" } });
    await using second = await startTestGateway({ config: { admin: { listen: { port: 0 } } } });
    for (const url of [gateway.url, second.gateway.adminUrl ?? ""]) {
      const asked = (path: string, host: string) => askBy(`${url}${path}`, host);
      const { port } = new URL(url);
      expect(await asked("/-/health", `rebound.example:${port}`)).toEqual({ status: 200, text: '{"status":"ok"}' });
      expect(await asked("/-/ready", `rebound.example:${port}`)).toEqual({ status: 200, text: '{"ready":true}' });
      for (const path of ["/-/status", "/-/metrics"]) {
        const refused = await asked(path, `rebound.example:${port}`);
        expect([refused.status, refused.text]).toEqual([403, expect.stringContaining("by its IP address")]);
        for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `gateway-1:${port}`])
          expect((await asked(path, host)).status).toBe(200);
      }
      expect(await asked("/-/none", "rebound.example")).toEqual({ status: 404, text: "" });
    }
    expect((await askBy(`${gateway.url}/-/status`, "s3.example.com")).status).toBe(200);
  });

  it("tells strangers only whether it is ready, and refuses them the metrics with S3's error", async () => {
    await using gateway = await startTestGateway({ config: { trustedProxies: ["127.0.0.1"] } });
    const stranger = { "x-forwarded-for": "203.0.113.1" };
    expect(await ask(`${gateway.url}/-/health`, stranger)).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect(await ask(`${gateway.url}/-/ready`, stranger)).toEqual({ status: 200, text: '{"ready":true}' });
    const metrics = await ask(`${gateway.url}/-/metrics`, stranger);
    expect(metrics.status).toBe(403);
    expect(metrics.text).toContain("<Code>AccessDenied</Code>");
    expect((await ask(`${gateway.url}/-/status`, stranger)).status).toBe(403);
  });

  it("shows them to the configured networks, through a trusted proxy", async () => {
    await using gateway = await startTestGateway({ config: { trustedProxies: ["127.0.0.9"] } });
    const paths = ["/-/health", "/-/ready", "/-/status", "/-/metrics"];
    for (const path of ["/-/none", "/-/metric"]) {
      const told = await ask(`${gateway.url}${path}`);
      expect([told.status, JSON.parse(told.text)]).toEqual([404, { error: "not found", paths }]);
      const stranger = await ask(`${gateway.url}${path}`, { "x-forwarded-for": "203.0.113.1" });
      expect(stranger).toEqual({ status: 404, text: "" });
    }
  });

  it("shows them to the networks told, through a trusted proxy", async () => {
    const config = { trustedProxies: ["127.0.0.1"], admin: { networks: ["203.0.113.0/24"] } };
    await using gateway = await startTestGateway({ config });
    expect((await ask(`${gateway.url}/-/metrics`, { "x-forwarded-for": "203.0.113.1" })).status).toBe(200);
    expect((await ask(`${gateway.url}/-/metrics`, { "x-forwarded-for": "203.0.114.1" })).status).toBe(403);
  });

  it("shows them to nobody when there is a listener for operators, which serves nothing else", async () => {
    await using gateway = await startTestGateway({ config: { admin: { listen: { port: 0 } } } });
    const admin = gateway.gateway.adminUrl ?? "";
    expect(await ask(`${gateway.url}/-/ready`)).toEqual({ status: 200, text: '{"ready":true}' });
    expect((await ask(`${gateway.url}/-/metrics`)).status).toBe(403);
    expect(JSON.parse((await ask(`${admin}/-/ready`)).text)).toEqual(DETAILS);
    expect((await ask(`${admin}/-/metrics`)).text).toContain("nearbucket_backend_up");
    expect(await ask(`${admin}/bucket`)).toMatchObject({ status: 404, text: expect.stringContaining("/-/ready") });
  });

  it("leaves `-/` to the keys of a bucket that the Host header names", async () => {
    await using gateway = await startTestGateway();
    const host = `bucket.localhost:${gateway.port}`;
    expect((await gateway.fetch({ method: "PUT", path: "/", host })).status).toBe(200);
    expect((await gateway.fetch({ method: "PUT", path: "/-/metrics", host, body: "mine" })).status).toBe(200);
    expect((await gateway.fetch({ path: "/-/metrics", host })).text).toBe("mine");
    const anonymous = await new Promise<string>((resolve, reject) =>
      get({ port: gateway.port, path: "/-/metrics", headers: { host } }, (answer) => resolve(text(answer))).once(
        "error",
        reject,
      ),
    );
    expect(anonymous).toContain("<Code>AccessDenied</Code>");
  });

  it("answers at once when the database hangs, and soon reports that it is not ready", async () => {
    await using gateway = await startTestGateway();
    const other = new sqlite3.Database(`${gateway.directory}/metadata.sqlite`);
    const run = (sql: string) =>
      new Promise<void>((resolve, reject) => other.run(sql, (error) => (error === null ? resolve() : reject(error))));
    await run("BEGIN IMMEDIATE");
    expect((await ask(`${gateway.url}/-/ready`)).status).toBe(200);
    const down = () => ask(`${gateway.url}/-/ready`);
    await expect.poll(down, { timeout: 10_000 }).toMatchObject({ status: 503 });
    expect(JSON.parse((await down()).text)).toMatchObject({ reads: false, writes: false, database: "down" });
    await run("ROLLBACK");
    await expect.poll(down, { timeout: 10_000 }).toMatchObject({ status: 200 });
    await new Promise((resolve) => other.close(resolve));
  });
});
