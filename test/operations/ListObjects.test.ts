// ListObjects, the first version: pages by marker.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
  for (const key of ["a/1", "a/2", "b", "c/1", "d"]) await on.put(key, "x");
});
afterAll(() => on[Symbol.asyncDispose]());

const list = (query: Readonly<Record<string, string>> = {}) => on.call("GET", "", { query });

describe("ListObjects", () => {
  it("lists everything, owners included", async () => {
    const answer = await list();
    expect([
      texts(answer, "Key"),
      texts(answer, "ID").length,
      texts(answer, "Marker"),
      texts(answer, "MaxKeys"),
    ]).toEqual([["a/1", "a/2", "b", "c/1", "d"], 5, [""], ["1000"]]);
  });

  it("continues after a marker that exists or not", async () => {
    expect(texts(await list({ marker: "a/2" }), "Key")).toEqual(["b", "c/1", "d"]);
    expect(texts(await list({ marker: "bb" }), "Key")).toEqual(["c/1", "d"]);
    expect(texts(await list({ marker: "zz" }), "Key")).toEqual([]);
  });

  it("names the next marker with a delimiter, and skips a prefix it has shown", async () => {
    const first = await list({ delimiter: "/", "max-keys": "1" });
    expect([texts(first, "NextMarker"), texts(first, "IsTruncated")]).toEqual([["a/"], ["true"]]);
    const second = await list({ delimiter: "/", "max-keys": "2", marker: "a/" });
    expect([texts(second, "Key"), texts(second, "NextMarker")]).toEqual([["b"], ["c/"]]);
    const third = await list({ delimiter: "/", marker: "c/" });
    expect([texts(third, "Key"), texts(third, "NextMarker"), texts(third, "IsTruncated")]).toEqual([
      ["d"],
      [],
      ["false"],
    ]);
  });

  it("names none without a delimiter: the last key is the marker", async () => {
    expect(texts(await list({ "max-keys": "1" }), "NextMarker")).toEqual([]);
  });

  it("refuses a limit that is not a number", async () => {
    expect(await list({ "max-keys": "blah" })).toMatchObject({ status: 400, code: "InvalidArgument" });
  });
});
