// ListObjectsV2: every key once, in byte order, whatever the page size.
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

// In byte order of UTF-8, which is not the order of UTF-16: U+FFFD stands before U+1F600.
const KEYS = [" a ", "//", "0012", "1e3", "__proto__", "a\rb", "a/1", "a/2", "a/b/3", "b", "b/", "ü", "\ufffd", "😀"];

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
  for (const key of KEYS) await on.put(encodeURIComponent(key), "x");
});
afterAll(() => on[Symbol.asyncDispose]());

const list = (query: Readonly<Record<string, string>> = {}) =>
  on.call("GET", "", { query: { "list-type": "2", ...query } });
const prefixes = (text: string) =>
  [...text.matchAll(/<CommonPrefixes><Prefix>([^<]*)<\/Prefix><\/CommonPrefixes>/g)].map((match) => match[1]);

describe("ListObjectsV2", () => {
  it("returns keys of any kind unchanged", async () => {
    const { Contents, KeyCount, IsTruncated } = await on.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(KEYS);
    expect([KeyCount, IsTruncated]).toEqual([KEYS.length, false]);
    expect(Contents?.[0]).toMatchObject({
      Size: 1,
      StorageClass: "STANDARD",
      LastModified: expect.any(Date),
      ETag: '"9dd4e461268c8034f5c8564e155c67a6"',
    });
  });

  it.each([1, 2, 3, 5, 100])("lists every key once in pages of %i", async (size) => {
    const seen: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await on.s3.send(
        new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: size, ContinuationToken: token }),
      );
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key));
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(seen).toEqual(KEYS);
  });

  it.each([1, 2, 100])("rolls up by delimiter, each prefix once, in pages of %i", async (size) => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await on.s3.send(
        new ListObjectsV2Command({ Bucket: BUCKET, Delimiter: "/", MaxKeys: size, ContinuationToken: token }),
      );
      const entries = [
        ...(page.Contents ?? []).map(({ Key = "" }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => `${Prefix}*`),
      ];
      expect(page.KeyCount).toBe(entries.length);
      seen.push(...entries);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(seen.sort()).toEqual(
      [" a ", "/*", "0012", "1e3", "__proto__", "a/*", "a\rb", "b", "b/*", "ü", "\ufffd", "😀"].sort(),
    );
  });

  it("filters by prefix, and rolls up the rest of the key", async () => {
    expect(texts(await list({ prefix: "a/" }), "Key")).toEqual(["a/1", "a/2", "a/b/3"]);
    const deeper = await list({ prefix: "a/", delimiter: "/" });
    expect([texts(deeper, "Key"), prefixes(deeper.text)]).toEqual([["a/1", "a/2"], ["a/b/"]]);
    expect(texts(await list({ prefix: "nothing" }), "KeyCount")).toEqual(["0"]);
  });

  it("starts after a key, unless a token goes on from elsewhere", async () => {
    expect(texts(await list({ "start-after": "a/2" }), "Key")[0]).toBe("a/b/3");
    expect(texts(await list({ "start-after": "a/15" }), "Key")[0]).toBe("a/2");
    const [token = ""] = texts(await list({ "start-after": "a/2", "max-keys": "1" }), "NextContinuationToken");
    const next = await list({ "start-after": "a/2", "continuation-token": token });
    expect([texts(next, "Key")[0], texts(next, "StartAfter"), texts(next, "ContinuationToken")]).toEqual([
      "b",
      ["a/2"],
      [token],
    ]);
  });

  it("percent-encodes when asked to", async () => {
    const answer = await list({ "encoding-type": "url", prefix: "a", delimiter: "\r" });
    expect([texts(answer, "EncodingType"), texts(answer, "Delimiter"), prefixes(answer.text)]).toEqual([
      ["url"],
      ["%0D"],
      ["a%0D"],
    ]);
  });

  it("names owners only when asked to", async () => {
    expect(texts(await list(), "ID")).toEqual([]);
    expect(texts(await list({ "fetch-owner": "true" }), "ID")).toHaveLength(KEYS.length);
  });

  it("returns nothing and no next page when asked for nothing", async () => {
    const answer = await list({ "max-keys": "0" });
    expect([texts(answer, "Key"), texts(answer, "IsTruncated"), texts(answer, "MaxKeys")]).toEqual([
      [],
      ["false"],
      ["0"],
    ]);
  });

  it.each([
    { "max-keys": "blah" },
    { "max-keys": "-1" },
    { "continuation-token": "garbage" },
    { "encoding-type": "xml" },
  ])("refuses %j", async (query) => {
    expect(await list(query)).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("answers NoSuchBucket for another bucket", async () => {
    expect(await on.fetch({ path: "/no-such-bucket", query: "list-type=2" })).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
  });
});
