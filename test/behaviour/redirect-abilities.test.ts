// What a store was found to do with redirected reads decides who is sent there, and is shown to operators.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { apiClient } from "../support/api.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { type OddStore, startOddStore } from "../support/odd-store.ts";
import { openBucket } from "../support/open-bucket.ts";
import { describeWith } from "../support/programs.ts";

vi.setConfig({ testTimeout: 60_000 });

describeWith(["minio"], "a store that is not known yet", () => {
  let minio: Minio;
  let store: OddStore;
  let bucket = 0;

  beforeAll(async () => {
    minio = await startMinio();
    store = await startOddStore(minio.url);
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await minio[Symbol.asyncDispose]();
  });
  beforeEach(() => store.oddities.clear());

  const GO = { "user-agent": "aws-sdk-go-v2/1.47.3" };

  async function open(more: { readonly replayedHeaders?: "strict" | "tolerate" } = {}) {
    const { accessKeyId, secretAccessKey } = minio;
    const reached = { endpoint: store.url, publicEndpoint: store.publicUrl, bucket: `blobs-${bucket++}` };
    const on = await openBucket({
      backends: [
        { kind: "s3", name: "far", region: "r", createBucket: true, ...reached, accessKeyId, secretAccessKey, ...more },
      ],
      config: { copies: 1, redirect: { minBytes: 0 } },
    });
    await on.put("k", randomBytes(1000));
    const call = apiClient(on.gateway);
    return {
      ...on,
      call,
      rule: async () => String((await on.get("k", GO)).headers["x-nearbucket-served"]),
      shown: async () => (await call("GET", "/backends")).document.items[0].redirects,
    };
  }

  it("is tried by the gateway, and then gets the clients whose headers it bears", async () => {
    await using on = await open();
    await expect.poll(on.rule, { timeout: 20_000 }).toBe("redirect; reason=14-client");
    expect(await on.shown()).toMatchObject({ replayedHeaders: "tolerate", sameStore: true, ranges: true });
  });

  it("keeps those out whose headers it refuses", async () => {
    store.oddities.add("strict");
    await using on = await open();
    await expect.poll(on.shown, { timeout: 20_000 }).toMatchObject({ replayedHeaders: "strict" });
    expect(await on.rule()).toBe("proxy; reason=8-replayed-headers");
    expect((await on.get("k", { "user-agent": "any nearbucket-follow/1" })).status).toBe(307);
  });

  it("is asked again when an operator says so, and the configuration's own word counts more", async () => {
    store.oddities.add("strict");
    await using on = await open();
    await expect.poll(on.shown, { timeout: 20_000 }).toMatchObject({ replayedHeaders: "strict" });
    store.oddities.clear();
    await on.call("POST", "/backends/far/check");
    await expect.poll(on.rule, { timeout: 20_000 }).toBe("redirect; reason=14-client");
    await using strict = await open({ replayedHeaders: "strict" });
    await expect.poll(strict.shown, { timeout: 20_000 }).toMatchObject({ replayedHeaders: "tolerate" });
    expect(await strict.rule()).toBe("proxy; reason=8-replayed-headers");
  });

  it("gets nobody while it answers wrongly, and the doctor says what is wrong", async () => {
    store.oddities.add("no ranges");
    await using on = await open({ replayedHeaders: "tolerate" });
    await expect.poll(on.rule, { timeout: 20_000 }).toBe("proxy; reason=5-no-public-replica");
    const { findings } = (await on.call("POST", "/examination")).document;
    expect(findings).toContainEqual({
      ...{ check: "redirected-reads", subject: "far", result: "failed" },
      detail: "a signed URL there does not give the part of an object that is asked for",
      advice: expect.stringContaining("nobody is redirected there"),
    });
    store.oddities.clear();
    store.oddities.add("strict");
    const again = (await on.call("POST", "/examination")).document;
    expect(again.findings).toContainEqual(
      expect.objectContaining({ check: "replayed-headers", subject: "far", result: "failed" }),
    );
    expect(await on.shown()).toMatchObject({ ranges: true, replayedHeaders: "strict" });
  });
});
