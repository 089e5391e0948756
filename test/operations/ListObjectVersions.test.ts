// ListObjectVersions of a bucket without versioning: each object has one version, the latest.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
  for (const key of ["a/1", "b", "c"]) await on.put(key, "x");
});
afterAll(() => on[Symbol.asyncDispose]());

const list = (query: Readonly<Record<string, string>> = {}) =>
  on.call("GET", "", { query: { versions: "", ...query } });

describe("ListObjectVersions", () => {
  it("calls every object's one version null and latest", async () => {
    const answer = await list();
    expect([texts(answer, "Key"), texts(answer, "VersionId"), texts(answer, "IsLatest")]).toEqual([
      ["a/1", "b", "c"],
      ["null", "null", "null"],
      ["true", "true", "true"],
    ]);
  });

  it("continues page by page", async () => {
    const first = await list({ "max-keys": "2", delimiter: "/" });
    expect([texts(first, "Key"), texts(first, "NextKeyMarker"), texts(first, "NextVersionIdMarker")]).toEqual([
      ["b"],
      ["b"],
      ["null"],
    ]);
    const second = await list({ "key-marker": "b", "version-id-marker": "null" });
    expect([texts(second, "Key"), texts(second, "IsTruncated")]).toEqual([["c"], ["false"]]);
  });

  it("refuses a version without a key", async () => {
    expect(await list({ "version-id-marker": "null" })).toMatchObject({ status: 400, code: "InvalidArgument" });
  });
});
