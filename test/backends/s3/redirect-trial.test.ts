// What becomes of redirected reads: tried on a real MinIO, on a node, and on stores that are strict or lie.
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { S3Backend } from "../../../src/backends/s3/backend.ts";
import type { RedirectAbilities } from "../../../src/registration.ts";
import { startTestGateway } from "../../support/gateway.ts";
import { type Minio, startMinio } from "../../support/minio.ts";
import { type Oddity, type OddStore, startOddStore } from "../../support/odd-store.ts";
import { describeWith } from "../../support/programs.ts";
import { freePort } from "../../support/server-process.ts";
import { backendAt } from "./support.ts";

const tried = (backend: S3Backend) => backend.tryRedirects(AbortSignal.timeout(20_000));

const GOOD = {
  keyReads: true,
  sameStore: true,
  etags: true,
  partEtags: true,
  ranges: true,
  conditions: true,
  overrides: true,
} as const;

describeWith(["minio"], "redirected reads", () => {
  let minio: Minio;
  let store: OddStore;
  let backend: S3Backend;
  const keys = () => ({ accessKeyId: minio.accessKeyId, secretAccessKey: minio.secretAccessKey });

  beforeAll(async () => {
    minio = await startMinio({ buckets: ["blobs", "others"] });
    store = await startOddStore(minio.url);
    backend = backendAt(store.url, { publicEndpoint: store.publicUrl, ...keys() });
  });
  afterAll(async () => {
    await backend.close();
    await store[Symbol.asyncDispose]();
    await minio[Symbol.asyncDispose]();
  });
  beforeEach(() => store.oddities.clear());

  it("are as the gateway's on MinIO, which bears replayed headers; nothing is left there", async () => {
    const { publicUrl: publicEndpoint } = store;
    expect(await tried(backend)).toEqual({
      ...{ ...GOOD, publicEndpoint, at: expect.any(Date), replayedHeaders: "tolerate", keyReadsOnly: undefined },
    });
    const left: string[] = [];
    for await (const { key } of backend.list("")) left.push(key);
    expect(left).toEqual([]);
  });

  it("are as the gateway's on a node", async () => {
    await using node = await startTestGateway({ backends: 1, config: { role: "node" } });
    const { url, port, accessKeyId, secretAccessKey } = node;
    await node.fetch({ method: "PUT", path: "/blobs" });
    const publicEndpoint = `http://localhost:${port}`;
    const on = backendAt(url, { publicEndpoint, accessKeyId, secretAccessKey, honoursEmbeddedHeaders: true });
    expect(await tried(on)).toMatchObject({ ...GOOD, replayedHeaders: "tolerate" });
    await on.close();
  });

  const odd: readonly (readonly [Oddity, Partial<RedirectAbilities>])[] = [
    ["strict", { ...GOOD, replayedHeaders: "strict" }],
    ["closed", { keyReads: false, sameStore: undefined, replayedHeaders: undefined }],
    ["no ranges", { ...GOOD, ranges: false }],
    ["no conditions", { ...GOOD, conditions: false }],
    ["no overrides", { ...GOOD, overrides: false }],
    ["other bytes", { sameStore: false, ranges: false }],
  ];
  it.each(odd)("of a store that is odd are told: %s", async (oddity, abilities) => {
    store.oddities.add(oddity);
    expect(await tried(backend)).toMatchObject(abilities);
  });

  it("are told of a public endpoint where another store stands, or one that is stricter", async () => {
    const other = backendAt(minio.url, { ...keys(), publicEndpoint: store.publicUrl });
    store.oddities.add("other bytes");
    expect(await tried(other)).toMatchObject({ ...GOOD, sameStore: false, replayedHeaders: "tolerate" });
    store.oddities.clear();
    store.oddities.add("strict");
    expect(await tried(other)).toMatchObject({ ...GOOD, replayedHeaders: "strict" });
    await other.close();
  });

  it("say nothing of a public endpoint that does not answer here: clients may reach it", async () => {
    const away = backendAt(minio.url, { ...keys(), publicEndpoint: `http://localhost:${await freePort()}` });
    expect(await tried(away)).toMatchObject({ ...GOOD, sameStore: undefined, replayedHeaders: "tolerate" });
    await away.close();
  });

  it("are not tried where no redirect leads", async () => {
    const own = backendAt(minio.url, keys());
    expect(await tried(own)).toBeUndefined();
    await own.close();
  });
});
