// The log of a request: one line that says who, what, how much and why; a stack trace only for unexpected errors.
import { once } from "node:events";
import http from "node:http";
import { describe, expect, it } from "vitest";
import { openLog } from "../../src/log.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { startTestGateway } from "../support/gateway.ts";
import { presign, signedFetch } from "../support/sign.ts";

type Line = Readonly<Record<string, unknown>>;

/** Not what the gateway tries its own redirects with. */
const BLOB = /^blobs\/..\//;

function keptLog(level = "info") {
  const lines: Line[] = [];
  const log = openLog(level, { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines, requests: () => lines.filter(({ msg }) => msg === "request") };
}

async function metricsOf(url: string): Promise<string> {
  return (await fetch(`${url}/-/metrics`)).text();
}

const s3Backend = (name: string, endpoint: string, publicEndpoint: string) =>
  ({
    kind: "s3",
    name,
    region: name,
    endpoint,
    publicEndpoint,
    replayedHeaders: "tolerate",
    bucket: "blobs",
    accessKeyId: "ak",
    secretAccessKey: "a-secret-of-sixteen",
  }) as const;

describe("the access line", () => {
  it("says who asked for what, how many bytes moved, and how a read was served", async () => {
    await using a = await startFaultyS3();
    await using b = await startFaultyS3();
    const { log, lines, requests } = keptLog();
    await using gateway = await startTestGateway({
      backends: [s3Backend("a", a.endpoint, "http://public-a"), s3Backend("b", b.endpoint, "http://public-b")],
      config: { redirect: { minBytes: 0 } },
      log,
    });
    const agent = "curl/8.5.0";
    const send = (method: string, path: string, body?: string, query?: string) =>
      gateway.fetch({ method, path, headers: { "user-agent": agent }, ...(body && { body }), ...(query && { query }) });
    await send("PUT", "/bucket");
    await send("PUT", "/bucket/key", "x".repeat(10_000));
    await send("GET", "/bucket/key", undefined, "x-nearbucket-redirect=never");
    await send("GET", "/bucket/key", undefined, "x-nearbucket-redirect=always");
    await send("GET", "/bucket/missing");
    await expect.poll(() => requests().length).toBe(5);
    const common = { account: "root", key: gateway.accessKeyId, client: "127.0.0.1", agent };
    const [, put, proxied, redirected, missing] = requests();
    expect(put).toMatchObject({ ...common, operation: "PutObject", status: 200, path: "/bucket/key" });
    expect(put?.["bytesIn"]).toBeGreaterThan(10_000);
    expect(put?.["bytesIn"]).toBeLessThan(12_000);
    expect(put?.["bytesOut"]).toBeLessThan(1_000);
    expect(proxied).toMatchObject({
      ...common,
      operation: "GetObject",
      status: 200,
      backend: expect.stringMatching(/^[ab]$/),
    });
    expect(proxied?.["rule"]).toMatch(/^\d+-/);
    expect(proxied?.["bytesOut"]).toBeGreaterThan(10_000);
    expect(redirected).toMatchObject({ status: 307, backend: expect.stringMatching(/^[ab]$/) });
    expect(missing).toMatchObject({ ...common, status: 404, code: "NoSuchKey", path: "/bucket/missing" });
    expect(JSON.stringify(lines)).not.toMatch(/[Ss]ignature|nearbucket-redirect|a-secret/);
  });

  it("is the only line for a write refused in an outage, with the backends' errors and without a stack", async () => {
    await using a = await startFaultyS3();
    await using b = await startFaultyS3();
    const { log, lines, requests } = keptLog();
    await using gateway = await startTestGateway({
      backends: [s3Backend("a", a.endpoint, "http://public-a"), s3Backend("b", b.endpoint, "http://public-b")],
      log,
    });
    await gateway.fetch({ method: "PUT", path: "/bucket" });
    for (const store of [a, b]) store.script({ method: "PUT" }, { do: "status", status: 403, code: "QuotaExceeded" });
    expect((await gateway.fetch({ method: "PUT", path: "/bucket/key", body: "refused" })).status).toBe(503);
    await expect.poll(() => requests().length).toBe(2);
    expect(requests()[1]).toMatchObject({
      level: 40,
      status: 503,
      code: "ServiceUnavailable",
      reason: expect.stringMatching(/a: refused.*QuotaExceeded|b: refused.*QuotaExceeded/),
    });
    expect(lines.filter(({ err }) => err !== undefined).every(({ err }) => (err as Line)["stack"] === undefined)).toBe(
      true,
    );
    expect(JSON.stringify(lines)).not.toContain("    at ");
  });

  it("says which backends can take a write when they are too few to try", async () => {
    const { log, lines, requests } = keptLog();
    const memory = (name: string) => ({ kind: "memory", name, region: name }) as const;
    await using gateway = await startTestGateway({ backends: [memory("a"), { ...memory("b"), draining: true }], log });
    await gateway.fetch({ method: "PUT", path: "/bucket" });
    expect((await gateway.fetch({ method: "PUT", path: "/bucket/key", body: "refused" })).status).toBe(503);
    await expect.poll(() => requests().length).toBe(2);
    const reason = "too few backends can take a write, 2 must: a in a";
    expect(requests()[1]).toMatchObject({ level: 40, status: 503, code: "ServiceUnavailable", reason });
    expect(JSON.stringify(lines)).not.toContain("    at ");
  });

  it("is the only line for a client that disconnects in the middle of a read", async () => {
    await using a = await startFaultyS3();
    const { log, lines, requests } = keptLog();
    await using gateway = await startTestGateway({ backends: [s3Backend("a", a.endpoint, "http://public-a")], log });
    await gateway.fetch({ method: "PUT", path: "/bucket" });
    await gateway.fetch({ method: "PUT", path: "/bucket/key", body: "x".repeat(1_000_000) });
    a.script({ method: "GET", key: BLOB }, { do: "hold-answer" });
    const leaving = new AbortController();
    const key = { accessKeyId: gateway.accessKeyId, secretAccessKey: gateway.secretAccessKey };
    const url = presign(
      { endpoint: gateway.url, ...key },
      { path: "/bucket/key", query: "x-nearbucket-redirect=never" },
    );
    const read = fetch(url, { signal: leaving.signal });
    await a.seen({ method: "GET", key: BLOB });
    leaving.abort();
    await expect(read).rejects.toThrow();
    const budget = async () => /^nearbucket_buffered_bytes (\d+)/m.exec(await metricsOf(gateway.url))?.[1];
    await expect.poll(budget).toBe("0");
    await expect
      .poll(() => requests().find(({ cut }) => cut === true))
      .toMatchObject({ path: "/bucket/key", status: 499 });
    expect(await metricsOf(gateway.url)).toContain('nearbucket_requests_total{operation="GetObject",status="499"} 1');
    expect(JSON.stringify(lines)).not.toContain("    at ");
  });

  it("is the only line for a client that goes in the midst of the bytes", async () => {
    const { log, lines, requests } = keptLog();
    await using gateway = await startTestGateway({ log });
    await gateway.fetch({ method: "PUT", path: "/bucket" });
    await gateway.fetch({ method: "PUT", path: "/bucket/key", body: "x".repeat(32 * 1024 ** 2) });
    const key = { accessKeyId: gateway.accessKeyId, secretAccessKey: gateway.secretAccessKey };
    const query = "x-nearbucket-redirect=never";
    const leaving = http.get(presign({ endpoint: gateway.url, ...key }, { path: "/bucket/key", query }));
    leaving.on("error", () => undefined);
    const [response] = (await once(leaving, "response")) as [http.IncomingMessage];
    response.on("error", () => undefined);
    await once(response, "readable");
    response.socket.resetAndDestroy();
    await expect.poll(() => requests().find(({ cut }) => cut === true)).toMatchObject({ path: "/bucket/key" });
    expect(lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });

  it("counts callers that could not be authenticated by code, and only those", async () => {
    const { log, requests } = keptLog();
    await using gateway = await startTestGateway({ log });
    const stranger = signedFetch({
      endpoint: gateway.url,
      accessKeyId: "NOBODY",
      secretAccessKey: "not a secret of ours",
    });
    const forger = signedFetch({
      endpoint: gateway.url,
      accessKeyId: gateway.accessKeyId,
      secretAccessKey: "a wrong one",
    });
    await stranger({ path: "/" });
    await forger({ path: "/" });
    await forger({ path: "/" });
    await gateway.fetch({ path: "/nowhere" });
    await expect.poll(() => requests().length).toBe(4);
    expect(requests().map(({ code, account }) => [code, account])).toEqual([
      ["InvalidAccessKeyId", undefined],
      ["SignatureDoesNotMatch", undefined],
      ["SignatureDoesNotMatch", undefined],
      ["NoSuchBucket", "root"],
    ]);
    const metrics = await metricsOf(gateway.url);
    expect(metrics.match(/^nearbucket_authentication_failures_total.*$/gm)).toEqual([
      'nearbucket_authentication_failures_total{code="InvalidAccessKeyId"} 1',
      'nearbucket_authentication_failures_total{code="SignatureDoesNotMatch"} 2',
    ]);
  });
});
