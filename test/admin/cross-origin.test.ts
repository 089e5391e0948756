// Can pages read from a store? Against a real gateway as the store, whose bucket has the rules of each case.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkCrossOrigin } from "../../src/admin/checks/cross-origin.ts";
import { openBackend } from "../../src/backends/kinds.ts";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { freePort } from "../support/server-process.ts";

let store: OpenBucket;
beforeAll(async () => {
  store = await openBucket();
  await store.put("k", "some bytes");
});
afterAll(() => store[Symbol.asyncDispose]());

async function check(isDeclared: boolean, change: { publicEndpoint?: string; key?: string } = {}) {
  const { url, accessKeyId, secretAccessKey } = store.gateway;
  const { key = "k", publicEndpoint = url } = change;
  const reached = { endpoint: url, publicEndpoint, bucket: BUCKET, accessKeyId, secretAccessKey };
  const named = { name: "far", region: "x", replayedHeaders: "strict" } as const;
  const far = await openBackend({ kind: "s3", ...named, ...reached });
  try {
    return await checkCrossOrigin({ far, key, isDeclared });
  } finally {
    await far.close();
  }
}

const rules = (origin: string, header: string) =>
  store.ok("PUT", "", {
    query: "cors",
    body: `<CORSConfiguration><CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
      <AllowedHeader>${header}</AllowedHeader></CORSRule></CORSConfiguration>`,
  });

describe("whether pages can read from a store", () => {
  it.each([
    ["*", "*", true, "ok", /: yes$/],
    ["null", "*", true, "ok", /: yes$/],
    ["*", "*", false, "ok", /: yes \(set crossOrigin/],
    ["https://a.example", "*", true, "warning", /: no, .* but it is declared crossOrigin$/],
    ["https://a.example", "*", false, "ok", /: no, .*; they read through the gateway$/],
    ["*", "x-none", true, "warning", /answers 403 when a browser asks first/],
  ] as const)("rules for %s and headers %s, declared %s: %s", async (origin, header, isDeclared, level, says) => {
    await rules(origin, header);
    expect(await check(isDeclared)).toMatchObject([
      { level, check: "cross-origin", subject: "far", says: expect.stringMatching(says) },
    ]);
  });

  it("is not told where redirects do not work in the first place", async () => {
    await rules("*", "*");
    expect(await check(true, { key: "nothing" })).toEqual([]);
    expect(await check(true, { publicEndpoint: `http://127.0.0.1:${await freePort()}` })).toEqual([]);
  });
});
