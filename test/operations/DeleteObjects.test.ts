// DeleteObjects: many keys in one request, each with its own outcome.
import { createHash } from "node:crypto";
import { DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

const remove = (body: string, headers: Readonly<Record<string, string>> = {}) =>
  on.call("POST", "", { query: "delete", body, headers });
const entries = (keys: readonly string[]) => keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("");

describe("DeleteObjects", () => {
  it("deletes keys of any kind and names each", async () => {
    const keys = ["0012", "1e3", " a ", "a\rb", "__proto__", "../x", "//", "a&b<c>", "😀"];
    for (const key of keys) await on.put(encodeURIComponent(key), "x");
    const { Deleted } = await on.s3.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    expect(Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect(texts(await on.get("", {}, "list-type=2"), "Key")).toEqual([]);
  });

  it("says nothing of successes when asked to be quiet", async () => {
    await on.put("k", "x");
    const answer = await remove(`<Delete><Quiet>true</Quiet>${entries(["k", "absent"])}</Delete>`);
    expect([answer.status, texts(answer, "Key")]).toEqual([200, []]);
    expect(await on.get("k")).toMatchObject({ status: 404 });
  });

  it("reports failures besides successes", async () => {
    await on.put("good", "x");
    await on.put("changed", "x");
    const answer = await remove(
      `<Delete>${entries(["good", "k".repeat(1025)])}<Object><Key>changed</Key><ETag>"other"</ETag></Object><Object><Key>changed</Key><VersionId>v1</VersionId></Object></Delete>`,
    );
    expect(texts(answer, "Code")).toEqual(["KeyTooLongError", "PreconditionFailed"]);
    expect(answer.text).toContain("<Deleted><Key>good</Key></Deleted>");
    expect(answer.text).toContain("<Deleted><Key>changed</Key><VersionId>v1</VersionId></Deleted>");
    expect(await on.get("changed")).toMatchObject({ status: 200 });
  });

  it("checks size and time against the object, too", async () => {
    await on.put("k", "x");
    const wrong =
      "<Object><Key>k</Key><Size>9</Size></Object><Object><Key>k</Key><LastModifiedTime>2015-01-01T00:00:00Z</LastModifiedTime></Object>";
    expect(texts(await remove(`<Delete>${wrong}</Delete>`), "Code")).toEqual([
      "PreconditionFailed",
      "PreconditionFailed",
    ]);
    expect(texts(await remove("<Delete><Object><Key>k</Key><Size>1</Size></Object></Delete>"), "Code")).toEqual([]);
    expect(await on.get("k")).toMatchObject({ status: 404 });
  });

  it("takes 1,000 keys of 1,024 bytes and not one key more", async () => {
    const keys = Array.from({ length: 1000 }, (_, n) => String(n).padStart(1024, "k"));
    expect(texts(await remove(`<Delete>${entries(keys)}</Delete>`), "Key")).toHaveLength(1000);
    expect(await remove(`<Delete>${entries([...keys, "x"])}</Delete>`)).toMatchObject({
      status: 400,
      code: "MalformedXML",
    });
  });

  it.each([
    ["<Delete></Delete>", "MalformedXML"],
    ["<Delete><Object><VersionId>v</VersionId></Object></Delete>", "MalformedXML"],
    ["<Delete><Object><Key></Key></Object></Delete>", "MalformedXML"],
    ["<Delete><Object>", "MalformedXML"],
    ["<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>", "MalformedXML"],
    ["<Delete><Object><Key>k]]></Key></Object></Delete>", "MalformedXML"],
    ["<Delete><Object><Key>k&copy;</Key></Object></Delete>", "MalformedXML"],
    ["<!DOCTYPE Delete [<!ENTITY a 'b'>]><Delete><Object><Key>&a;</Key></Object></Delete>", "MalformedXML"],
    ["", "MissingRequestBodyError"],
  ])("refuses %s", async (body, code) => {
    expect(await remove(body)).toMatchObject({ status: 400, code });
  });

  it("checks what the client says about the body, and deletes nothing that was tampered with", async () => {
    await on.put("k", "x");
    const body = `<Delete>${entries(["k"])}</Delete>`;
    const md5 = (text: string) => createHash("md5").update(text).digest("base64");
    expect(await remove(body, { "content-md5": md5("other") })).toMatchObject({ status: 400, code: "BadDigest" });
    expect(await remove(body, { "x-amz-checksum-crc32": "AAAAAA==" })).toMatchObject({
      status: 400,
      code: "BadDigest",
    });
    expect(await on.get("k")).toMatchObject({ status: 200 });
    expect(await remove(body, { "content-md5": md5(body) })).toMatchObject({ status: 200 });
  });

  it("refuses a key that is not UTF-8, and deletes nothing in its place", async () => {
    await on.put("%EF%BF%BD", "x");
    const body = Buffer.concat([
      Buffer.from("<Delete><Object><Key>"),
      Buffer.of(0xff),
      Buffer.from("</Key></Object></Delete>"),
    ]);
    expect(await on.call("POST", "", { query: "delete", body })).toMatchObject({ status: 400, code: "MalformedXML" });
    expect(await on.get("%EF%BF%BD")).toMatchObject({ status: 200 });
  });

  it("does not read a body without end", async () => {
    expect(await remove(`<Delete>${" ".repeat(3 << 20)}</Delete>`)).toMatchObject({
      status: 400,
      code: "MaxMessageLengthExceeded",
    });
  });
});
