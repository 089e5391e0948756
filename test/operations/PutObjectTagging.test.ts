// PutObjectTagging, GetObjectTagging, DeleteObjectTagging, and the tags in the headers of a write.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());
beforeEach(() => on.put("k", "x"));

type Tags = readonly (readonly [key: string, value: string])[];
const document = (tags: Tags) =>
  `<Tagging><TagSet>${tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join("")}</TagSet></Tagging>`;
const set = (body: string, query = "tagging") => on.call("PUT", "k", { query, body });
async function read(key = "k"): Promise<string[]> {
  const answer = await on.ok("GET", key, { query: "tagging" });
  const values = texts(answer, "Value");
  return texts(answer, "Key").map((name, index) => `${name}=${values[index]}`);
}
const many = (count: number): Tags => Array.from({ length: count }, (_, index) => [`k${index}`, ""] as const);

describe("the tags of an object", () => {
  it("are set as a whole, returned in order of key, counted on reads, and deleted", async () => {
    expect(await read()).toEqual([]);
    expect(
      await set(
        document([
          ["b", "2"],
          ["__proto__", "x"],
          ["a b/ü", ""],
        ]),
      ),
    ).toMatchObject({ status: 200 });
    expect(await read()).toEqual(["__proto__=x", "a b/ü=", "b=2"]);
    for (const method of ["GET", "HEAD"]) expect((await on.ok(method, "k")).headers["x-amz-tagging-count"]).toBe("3");
    expect(await set(document([["c", "3"]]))).toMatchObject({ status: 200 });
    expect(await read()).toEqual(["c=3"]);
    expect(await on.call("DELETE", "k", { query: "tagging" })).toMatchObject({ status: 204 });
    expect(await read()).toEqual([]);
    expect((await on.ok("GET", "k")).headers).not.toHaveProperty("x-amz-tagging-count");
  });

  it("are not read from a body that is larger than any set, or holds more elements", async () => {
    expect(await set(`<Tagging>${" ".repeat(64 << 10)}</Tagging>`)).toMatchObject({ code: "MaxMessageLengthExceeded" });
    expect(await set(`<Tagging><TagSet>${"<b/>".repeat(2_048)}</TagSet></Tagging>`)).toMatchObject({
      code: "MalformedXML",
    });
    expect(await set("<Tagging><TagSet/><TagSet/></Tagging>")).toMatchObject({ code: "MalformedXML" });
  });

  it("are none after an empty set, and leave the object as it was", async () => {
    const before = await on.ok("GET", "k");
    await set(document([["a", "b"]]));
    await set(document([]));
    expect(await read()).toEqual([]);
    const after = await on.ok("GET", "k");
    expect([after.headers["etag"], after.headers["last-modified"]]).toEqual([
      before.headers["etag"],
      before.headers["last-modified"],
    ]);
  });

  it("are set by a write, encoded as a query, and removed by the next write", async () => {
    await on.put("k", "x", { "x-amz-tagging": "foo=b+a%2Br&bar&e=" });
    expect(await read()).toEqual(["bar=", "e=", "foo=b a+r"]);
    await on.put("k", "x", { "x-amz-tagging": "" });
    expect(await read()).toEqual([]);
  });

  it("are copied, or replaced when the copy asks for it, independent of the metadata", async () => {
    await on.put("source", "x", { "x-amz-tagging": "a=1", "x-amz-meta-m": "1" });
    const copy = async (headers: Readonly<Record<string, string>>) => {
      await on.ok("PUT", "copy", { headers: { "x-amz-copy-source": "/bucket/source", ...headers } });
      return [...(await read("copy")), (await on.ok("HEAD", "copy")).headers["x-amz-meta-m"]];
    };
    expect(await copy({})).toEqual(["a=1", "1"]);
    expect(await copy({ "x-amz-tagging": "b=2" })).toEqual(["a=1", "1"]);
    expect(await copy({ "x-amz-metadata-directive": "REPLACE" })).toEqual(["a=1", undefined]);
    expect(await copy({ "x-amz-tagging-directive": "REPLACE", "x-amz-tagging": "b=2" })).toEqual(["b=2", "1"]);
    expect(await copy({ "x-amz-tagging-directive": "REPLACE" })).toEqual(["1"]);
    const headers = { "x-amz-copy-source": "/bucket/source", "x-amz-tagging-directive": "KEEP" };
    expect(await on.call("PUT", "copy", { headers })).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("may be ten, of 128 and 256 characters", async () => {
    const tags: Tags = many(10).map(([key]) => [key.padEnd(128, "ü"), "\u{1D49C}".repeat(256)]);
    expect(await set(document(tags))).toMatchObject({ status: 200 });
    expect(await read()).toHaveLength(10);
  });

  it.each([
    ["eleven", document(many(11)), "InvalidTag"],
    ["a long key", document([["k".repeat(129), ""]]), "InvalidTag"],
    ["a long value", document([["k", "v".repeat(257)]]), "InvalidTag"],
    ["an empty key", document([["", "v"]]), "InvalidTag"],
    [
      "a key twice",
      document([
        ["k", "1"],
        ["k", "2"],
      ]),
      "InvalidTag",
    ],
    ["a forbidden character in a key", document([["a?", "1"]]), "InvalidTag"],
    ["a forbidden character in a value", document([["a", "*"]]), "InvalidTag"],
    ["a key of the system's", document([["aws:x", "1"]]), "InvalidTag"],
    ["a tag without a value", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML"],
    ["no set", "<Tagging/>", "MalformedXML"],
    ["nothing", "", "MalformedXML"],
  ])("are refused for %s, and stay what they were", async (_what, body, code) => {
    await set(document([["was", "1"]]));
    expect(await set(body)).toMatchObject({ status: 400, code });
    expect(await read()).toEqual(["was=1"]);
  });

  it.each([
    ["a=%ZZ", "InvalidArgument"],
    ["a=1&a=2", "InvalidArgument"],
    ["a=1&&b=2", "InvalidTag"],
    ["aws:a=1", "InvalidTag"],
    [
      many(11)
        .map(([key]) => `${key}=`)
        .join("&"),
      "InvalidTag",
    ],
  ])("in a header are refused as %s: nothing is written", async (text, code) => {
    const headers = { "x-amz-tagging": text };
    expect(await on.call("PUT", "refused", { headers, body: "x" })).toMatchObject({ status: 400, code });
    expect(await on.call("POST", "refused", { headers, query: "uploads" })).toMatchObject({ status: 400, code });
    expect(await on.get("refused")).toMatchObject({ status: 404 });
  });

  it("are those of an object that is there, in the version that is there", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      expect(await on.call(method, "nothing", { query: "tagging", body: "" })).toMatchObject({
        status: 404,
        code: "NoSuchKey",
      });
      expect(await on.call(method, "k", { query: "tagging&versionId=v1", body: "" })).toMatchObject({
        status: 404,
        code: "NoSuchVersion",
      });
    }
  });
});
