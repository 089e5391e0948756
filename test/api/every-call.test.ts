// Every call of the API, once, against a real gateway: its answer has the shape that its table promises. A call for
// which nobody has said how it is made fails here.
import { mkdir } from "node:fs/promises";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { apiOperations } from "../../src/api/table.ts";
import { type ApiClient, type ApiRequest, apiClient } from "../support/api.ts";
import { type OverDisks, startOverDisks } from "./over-disks.ts";

vi.setConfig({ testTimeout: 60_000 });

/** What is called; a path without `{names}` is the operation's own. */
interface Request extends ApiRequest {
  readonly path?: string;
  /** Who calls; the root key unless given. */
  readonly by?: ApiClient;
}

/** What must be so before, and the request. They are made in the order of the table, on one gateway. */
type Prepare = (place: OverDisks) => Request | Promise<Request>;

const disk = ({ at }: OverDisks) => ({ kind: "disk", name: "c", region: "c", directory: at("c") });

const keyPath = async ({ call }: OverDisks) =>
  `/keys/${(await call("POST", "/keys", { body: {} })).document.accessKeyId}`;

const requests: Readonly<Record<string, Prepare>> = {
  getMe: () => ({}),
  createSession: () => ({ body: { minutes: 5 } }),
  async endSession({ call, gateway }) {
    const { document } = await call("POST", "/sessions", { body: {} });
    return { by: apiClient(gateway, document) };
  },
  createSignInLink: () => ({}),
  async signInByLink({ call }) {
    const { document } = await call("POST", "/sign-in-links");
    return { body: { token: document.token } };
  },
  listKeys: () => ({}),
  createKey: () => ({ body: {} }),
  changeKey: async (place) => ({ path: await keyPath(place), body: { disabled: true } }),
  revokeKey: async (place) => ({ path: await keyPath(place) }),
  listAccounts: () => ({}),
  createAccount: () => ({ body: { name: "guest" } }),
  async explainRead({ gateway }) {
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "cat", Body: "cat" }));
    return { query: { bucket: "photos", key: "cat" } };
  },
  getStatus: () => ({}),
  getStats: () => ({}),
  getHistory: () => ({ query: { hours: "1" } }),
  listBackends: () => ({}),
  probeBackend: (place) => ({ body: disk(place) }),
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
  getBackendLoss: () => ({ path: "/backends/a/loss" }),
  listOrphans: () => ({ query: { backend: "a" } }),
  confirmOrphansOf: () => ({ body: { backend: "a" } }),
  listJobs: () => ({}),
  async retryJob(place) {
    const later = new Date(Date.now() + 3_600_000);
    await place.gateway.gateway.metadata.jobs.add({ kind: "digest", blobId: 1 }, later);
    const { document } = await place.call("GET", "/jobs", { query: { kind: "digest" } });
    return { path: `/jobs/${document.items[0].id}/retry` };
  },
};

it("answers every call in the shape that it promises", async () => {
  expect(Object.keys(requests).sort()).toEqual(Object.keys(apiOperations).sort());
  await using place = await startOverDisks(["a", "b"], ["c"]);
  await mkdir(place.at("c"));
  for (const [name, operation] of Object.entries(apiOperations)) {
    const { path = operation.path, by = place.call, ...request } = (await requests[name]?.(place)) ?? {};
    // A refusal has another shape; the client checks that of an answer.
    const { status, document } = await by(operation.method, path, request);
    expect([name, status, document]).toEqual([name, expect.toSatisfy((code: number) => code < 300), document]);
  }
});

it("refuses each call for operators to anybody else, whatever is sent", async () => {
  await using place = await startOverDisks(["a"]);
  const other = apiClient(place.gateway, await place.gateway.addAccount("other"));
  for (const [name, { access, method, path }] of Object.entries(apiOperations)) {
    if (access !== "operator") continue;
    const { document } = await other(method, path.replaceAll(/\{\w+\}/g, "a"), method === "GET" ? {} : { body: {} });
    expect([name, document.code]).toEqual([name, "NotAllowed"]);
  }
});
