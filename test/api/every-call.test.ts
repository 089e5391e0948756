// Every call of the API, once, against a real gateway: its answer has the shape that its table promises. A call for
// which nobody has said how it is made fails here.
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { expect, it, vi } from "vitest";
import { apiOperations } from "../../src/api/table.ts";
import { openLog } from "../../src/log.ts";
import { type ApiRequest, apiClient } from "../support/api.ts";
import { type OverDisks, startOverDisks } from "./over-disks.ts";

vi.setConfig({ testTimeout: 60_000 });

/** What is called; a path without `{names}` is the operation's own, and who calls is root. */
interface Request extends ApiRequest {
  readonly path?: string;
  readonly as?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What must be so before, and the request. They are made in the order of the table, on one gateway. */
type Prepare = (place: OverDisks) => Request | Promise<Request>;

const CONTENT = "content";
const KNOWN = { sha256: createHash("sha256").update(CONTENT).digest("hex"), size: CONTENT.length };

const disk = ({ at }: OverDisks) => ({ kind: "disk", name: "c", region: "c", directory: at("c") });

const requests: Readonly<Record<string, Prepare>> = {
  getMe: () => ({}),
  createSession: () => ({ body: { minutes: 30 } }),
  async endSession(place) {
    const { document } = await place.call("POST", "/sessions", { body: {} });
    return { as: document };
  },
  createSignInLink: () => ({}),
  async signInByLink(place) {
    const { document } = await place.call("POST", "/sign-in-links");
    return { body: { token: document.token } };
  },
  async explainRead(place) {
    await place.store("explained", CONTENT);
    return { query: { bucket: "bucket", key: "explained", address: "192.0.2.1" } };
  },
  explainShares: () => ({ body: { bucket: "bucket", key: "explained", addresses: ["192.0.2.1", "2001:db8::1"] } }),
  getStatus: () => ({}),
  getStats: () => ({}),
  getHistory: () => ({ query: { hours: "1" } }),
  listBackends: () => ({}),
  probeBackend: (place) => ({ body: disk(place) }),
  examineGateway: () => ({}),
  attachBackend: (place) => ({ body: disk(place) }),
  checkBackend: () => ({ path: "/backends/a/check" }),
  drainBackend: () => ({ path: "/backends/c/drain" }),
  resumeBackend: () => ({ path: "/backends/c/resume" }),
  async replaceBackend(place) {
    await place.lose("b");
    await place.until("b", { condition: "lost" });
    return { path: "/backends/b/replace", body: { acceptLoss: true } };
  },
  async removeBackend(place) {
    await place.call("POST", "/backends/c/drain");
    return { path: "/backends/c" };
  },
  scrubBackend: () => ({ path: "/backends/a/scrub" }),
  getBackendScrub: () => ({ path: "/backends/a/scrub", query: { until: "2026-11-27T12:00:00.000Z" } }),
  getBackendLoss: () => ({ path: "/backends/a/loss" }),
  listKeys: () => ({ query: { account: "root" } }),
  createKey: () => ({ body: { account: "alice", scope: { readOnly: true } } }),
  async changeKey(place) {
    return { path: `/keys/${await makeKey(place)}`, body: { disabled: true } };
  },
  async revokeKey(place) {
    return { path: `/keys/${await makeKey(place)}` };
  },
  listAccounts: () => ({}),
  createAccount: () => ({ body: { name: "bob" } }),
  listOrphans: () => ({ query: { backend: "a" } }),
  confirmOrphansOf: () => ({ body: { backend: "a" } }),
  listJobs: () => ({}),
  async retryJob(place) {
    const later = new Date(Date.now() + 3_600_000);
    await place.gateway.gateway.metadata.jobs.add({ kind: "digest", blobId: 1 }, later);
    const { document } = await place.call("GET", "/jobs", { query: { kind: "digest" } });
    return { path: `/jobs/${document.items[0].id}/retry` };
  },
  async claimObjects(place) {
    await place.store("known", CONTENT);
    return { body: { bucket: "bucket", files: [{ key: "claimed", ...KNOWN }] } };
  },
  listBuckets: () => ({}),
  getBucket: () => ({ path: "/buckets/bucket" }),
  changeBucket: () => ({ path: "/buckets/bucket", body: { redirect: "off", minimumCopies: null } }),
  getBucketUsage: () => ({ path: "/buckets/bucket/usage" }),
  getObjectDetails: () => ({ query: { bucket: "bucket", key: "known" } }),
  previewDelete: () => ({ body: { bucket: "bucket", prefix: "k" } }),
  createLink: () => ({ body: { bucket: "bucket", key: "known", expiresSeconds: 60 } }),
};

async function makeKey({ call }: OverDisks): Promise<string> {
  return (await call("POST", "/keys", { body: { account: "alice" } })).document.accessKeyId;
}

it("answers every call in the shape that it promises, and logs of each that may change something what of", async () => {
  expect(Object.keys(requests).sort()).toEqual(Object.keys(apiOperations).sort());
  const lines: string[] = [];
  const log = openLog("info", { write: (line) => void lines.push(line) });
  await using place = await startOverDisks(["a", "b"], ["c"], {}, log);
  await mkdir(place.at("c"));
  for (const [name, operation] of Object.entries(apiOperations)) {
    const { path = operation.path, as, ...request } = (await requests[name]?.(place)) ?? {};
    // A refusal has another shape; the client checks that of an answer.
    const call = as === undefined ? place.call : apiClient(place.gateway, as);
    const { status, document } = await call(operation.method, path, request);
    expect([name, status, document]).toEqual([name, expect.toSatisfy((code: number) => code < 300), document]);
    const { of, requestId } = auditedLast(lines, name) ?? {};
    expect([name, requestId]).toEqual([name, operation.method === "GET" ? undefined : expect.any(String)]);
    if (operation.method !== "GET") expect([name, Object.keys(of)]).not.toEqual([name, []]);
  }
  expect(auditedLast(lines, "attachBackend")?.of).toEqual({ backend: "c", kind: "disk", region: "c" });
  expect(auditedLast(lines, "confirmOrphansOf")?.of).toEqual({ backend: "a", confirmed: 0 });
  expect(auditedLast(lines, "replaceBackend")?.of).toMatchObject({ name: "b", acceptLoss: true });
});

function auditedLast(lines: readonly string[], change: string) {
  return lines.map((line) => JSON.parse(line)).findLast((line) => line.audit === true && line.change === change);
}
