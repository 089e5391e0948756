// Access to a bucket and its objects for the owner, another account and anonymous callers. A refused caller learns
// nothing.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Callers, grantsOf, openCallers } from "../support/callers.ts";
import { partList, startUpload } from "../support/multipart.ts";
import { texts } from "../support/open-bucket.ts";

let callers: Callers;
beforeAll(async () => {
  callers = await openCallers();
});
afterAll(() => callers[Symbol.asyncDispose]());

const DENIED = { status: 403, code: "AccessDenied" };
const openTo = (canned: string) => callers.on.ok("PUT", "", { query: "acl", headers: { "x-amz-acl": canned } });
const withoutIds = (text: string) => text.replace(/<(RequestId|HostId|Resource)>.*?<\/\1>/g, "");

describe("a private bucket", () => {
  beforeAll(() => callers.on.put("there", "secret"));
  beforeEach(() => openTo("private"));

  it.each([
    ["GET", ""],
    ["HEAD", ""],
    ["GET", "", "versions"],
    ["GET", "", "uploads"],
    ["GET", "", "location"],
    ["GET", "", "acl"],
    ["PUT", "", "acl"],
    ["GET", "", "tagging"],
    ["PUT", "", "tagging"],
    ["DELETE", "", "tagging"],
    ["POST", "", "delete"],
    ["DELETE", ""],
    ["GET", "there"],
    ["HEAD", "there"],
    ["GET", "there", "attributes"],
    ["GET", "there", "acl"],
    ["PUT", "there", "acl"],
    ["GET", "there", "tagging"],
    ["PUT", "there", "tagging"],
    ["DELETE", "there", "tagging"],
    ["PUT", "there"],
    ["DELETE", "there"],
    ["POST", "there", "uploads"],
  ])("answers %s of %j ?%s to others with AccessDenied", async (method, key, query = "") => {
    for (const knock of [callers.asBob, callers.asAnyone]) {
      const answer = await knock(method, key, { query });
      expect(answer).toMatchObject(method === "HEAD" ? { status: 403, text: "" } : DENIED);
    }
    expect(await callers.on.get("there")).toMatchObject({ status: 200, text: "secret" });
  });

  it.each([
    ["GET", {}],
    ["GET", { "if-match": '"x"' }],
    ["GET", { "if-none-match": "*" }],
    ["GET", { range: "bytes=90-" }],
    ["PUT", { "if-none-match": "*" }],
    ["PUT", { "if-match": "*" }],
    ["DELETE", { "if-match": '"x"' }],
  ])("says the same of a key that is there and one that is not: %s with %j", async (method, headers) => {
    for (const knock of [callers.asBob, callers.asAnyone]) {
      const [there, missing] = await Promise.all(["there", "gone"].map((key) => knock(method, key, { headers })));
      expect(withoutIds(there?.text ?? "")).toBe(withoutIds(missing?.text ?? ""));
      expect(there).toMatchObject(DENIED);
      expect(Object.keys(there?.headers ?? {})).toEqual(Object.keys(missing?.headers ?? {}));
    }
  });

  it("gets another answer than a missing one: bucket names are not secret", async () => {
    for (const authentication of ["v4", "anonymous"] as const)
      expect(await callers.on.fetch({ path: "/no-such-bucket/key", authentication })).toMatchObject({
        status: 404,
        code: "NoSuchBucket",
      });
  });
});

describe("the service", () => {
  it("lists and creates nothing for anonymous callers", async () => {
    expect(await callers.on.fetch({ path: "/", authentication: "anonymous" })).toMatchObject(DENIED);
    expect(await callers.on.fetch({ method: "PUT", path: "/new-bucket", authentication: "anonymous" })).toMatchObject(
      DENIED,
    );
  });
});

describe("a bucket that others may read", () => {
  beforeAll(() => callers.on.put("closed", "x"));

  it("can be listed and shows which keys are missing, but its objects stay private", async () => {
    await openTo("public-read");
    for (const knock of [callers.asBob, callers.asAnyone]) {
      expect(texts(await knock("GET", ""), "Key")).toContain("closed");
      expect(await knock("HEAD", "")).toMatchObject({ status: 200 });
      expect(await knock("GET", "closed")).toMatchObject(DENIED);
      expect(await knock("GET", "gone")).toMatchObject({ status: 404, code: "NoSuchKey" });
      expect(await knock("PUT", "closed", { body: "y" })).toMatchObject(DENIED);
      expect(await knock("DELETE", "")).toMatchObject(DENIED);
    }
  });

  it("refuses anonymous callers when only accounts may read it", async () => {
    await openTo("authenticated-read");
    expect(await callers.asBob("GET", "")).toMatchObject({ status: 200 });
    expect(await callers.asAnyone("GET", "")).toMatchObject(DENIED);
  });

  it("refuses a caller that expects another owner", async () => {
    await openTo("public-read");
    const headers = { "x-amz-expected-bucket-owner": "mallory" };
    for (const knock of [callers.asOwner, callers.asAnyone]) {
      expect(await knock("GET", "", { headers })).toMatchObject(DENIED);
      expect(await knock("GET", "closed", { headers })).toMatchObject(DENIED);
    }
    expect(
      await callers.asAnyone("GET", "", { headers: { "x-amz-expected-bucket-owner": callers.owner } }),
    ).toMatchObject({ status: 200 });
  });
});

describe("what another account writes", () => {
  beforeEach(() => openTo("public-read-write"));

  it("belongs to that account: the bucket's owner lists and deletes it, and reads it only with a grant", async () => {
    expect(await callers.asBob("PUT", "bobs", { body: "bob's" })).toMatchObject({ status: 200 });
    expect(await callers.asBob("GET", "bobs")).toMatchObject({ status: 200, text: "bob's" });
    expect(grantsOf(await callers.asBob("GET", "bobs", { query: "acl" }))).toEqual(["bob FULL_CONTROL"]);
    for (const method of ["GET", "HEAD"]) expect(await callers.asOwner(method, "bobs")).toMatchObject({ status: 403 });
    for (const query of ["attributes", "acl"])
      expect(await callers.asOwner("GET", "bobs", { query })).toMatchObject(DENIED);
    expect((await callers.asOwner("GET", "")).text).toMatch(/<Key>bobs<\/Key>.*?<Owner><ID>bob<\/ID>/);
    const source = { headers: { "x-amz-copy-source": "/bucket/bobs" } };
    expect(await callers.asOwner("PUT", "stolen", source)).toMatchObject(DENIED);
    await callers.asBob("PUT", "bobs", { query: "acl", headers: { "x-amz-acl": "bucket-owner-read" } });
    expect(await callers.asOwner("GET", "bobs")).toMatchObject({ status: 200 });
    expect(await callers.asOwner("GET", "bobs", { query: "acl" })).toMatchObject(DENIED);
    await callers.asBob("PUT", "bobs", { body: "bob's", headers: { "x-amz-acl": "bucket-owner-full-control" } });
    expect(grantsOf(await callers.asOwner("GET", "bobs", { query: "acl" }))).toEqual([
      "bob FULL_CONTROL",
      `${callers.owner} FULL_CONTROL`,
    ]);
    expect(await callers.asOwner("DELETE", "bobs")).toMatchObject({ status: 204 });
  });

  it("can be replaced by the owner, and can replace the owner's objects", async () => {
    await callers.on.put("both", "owner's", { "x-amz-acl": "public-read" });
    await callers.asBob("PUT", "both", { body: "bob's" });
    expect(await callers.asOwner("GET", "both")).toMatchObject(DENIED);
    await callers.on.put("both", "owner's");
    expect(await callers.asBob("GET", "both")).toMatchObject(DENIED);
    expect(await callers.on.get("both")).toMatchObject({ status: 200, text: "owner's" });
  });

  it("gets no tags from that account: only the bucket's owner may set them", async () => {
    expect(await callers.asBob("PUT", "tagged", { body: "x", headers: { "x-amz-tagging": "a=b" } })).toMatchObject(
      DENIED,
    );
  });

  it("copies what it may read, tags only if it may read those", async () => {
    await callers.on.put("open", "x", { "x-amz-acl": "public-read" });
    await callers.on.put("open-tagged", "x", { "x-amz-acl": "public-read", "x-amz-tagging": "a=b" });
    const copy = (source: string, more = {}) =>
      callers.asBob("PUT", "bobs-copy", { headers: { "x-amz-copy-source": `/bucket/${source}`, ...more } });
    expect(await copy("open")).toMatchObject({ status: 200 });
    expect(await copy("open-tagged")).toMatchObject(DENIED);
    expect(await copy("open-tagged", { "x-amz-tagging-directive": "REPLACE" })).toMatchObject({ status: 200 });
    await callers.on.put("closed-source", "x");
    expect(await copy("closed-source")).toMatchObject(DENIED);
  });

  it("is not told from a missing source when it may not list the source's bucket", async () => {
    await callers.on.fetch({ method: "PUT", path: "/vault" });
    await callers.on.fetch({ method: "PUT", path: "/vault/there", body: "x" });
    const copy = (source: string) =>
      callers.asBob("PUT", "k", { headers: { "x-amz-copy-source": `/vault/${source}` } });
    const [there, missing] = [await copy("there"), await copy("gone")];
    expect(there).toMatchObject(DENIED);
    expect(withoutIds(there.text)).toBe(withoutIds(missing.text));
  });

  it("in parts belongs to it too, and only it and the bucket's owner may continue the upload", async () => {
    const uploadId = texts(await callers.asBob("POST", "parts", { query: "uploads" }), "UploadId")[0] ?? "";
    const query = { uploadId, partNumber: "1" };
    const part = await callers.asBob("PUT", "parts", { query, body: "x" });
    expect(part).toMatchObject({ status: 200 });
    expect((await callers.asOwner("GET", "parts", { query: { uploadId } })).text).toContain("<Initiator><ID>bob</ID>");
    expect((await callers.asOwner("GET", "", { query: "uploads" })).text).toContain("<Initiator><ID>bob</ID>");
    const body = partList([{ partNumber: 1, etag: String(part.headers["etag"]) }]);
    expect(await callers.asBob("POST", "parts", { query: { uploadId }, body })).toMatchObject({ status: 200 });
    expect(await callers.asBob("GET", "parts")).toMatchObject({ status: 200, text: "x" });
    expect(await callers.asOwner("GET", "parts")).toMatchObject(DENIED);
  });

  it("is not added to the owner's upload, even with the upload's id", async () => {
    const uploadId = await startUpload(callers.on, "upload");
    const query = { uploadId };
    for (const knock of [callers.asBob, callers.asAnyone]) {
      expect(await knock("PUT", "upload", { query: { uploadId, partNumber: "1" }, body: "x" })).toMatchObject(DENIED);
      expect(await knock("POST", "upload", { query, body: partList([{ partNumber: 1, etag: '"x"' }]) })).toMatchObject(
        DENIED,
      );
      expect(await knock("GET", "upload", { query })).toMatchObject(DENIED);
      expect(await knock("DELETE", "upload", { query })).toMatchObject(DENIED);
    }
    expect(await callers.asOwner("DELETE", "upload", { query })).toMatchObject({ status: 204 });
  });

  it("gets no content for its digest: all bytes are asked for, and stored apart from the owner's", async () => {
    const body = "content that only the owner holds";
    await callers.on.put("original", body);
    const before = await callers.on.gateway.gateway.stats();
    const again = await callers.asOwner("PUT", "again", { body, expectContinue: true });
    expect(again).toMatchObject({ status: 200, sawContinue: false });
    const bobs = await callers.asBob("PUT", "guess", { body, expectContinue: true });
    expect(bobs).toMatchObject({ status: 200, sawContinue: true });
    expect((await callers.on.gateway.gateway.stats()).blobs).toBe(before.blobs + 1);
  });

  it("is not given to the bucket's owner for its digest either", async () => {
    await callers.on.ok("PUT", "", { query: "acl", headers: { "x-amz-acl": "public-read-write" } });
    const body = "content that only bob holds";
    await callers.asBob("PUT", "bobs-own", { body });
    expect(await callers.asOwner("PUT", "guess", { body, expectContinue: true })).toMatchObject({
      status: 200,
      sawContinue: true,
    });
  });
});

describe("what anonymous callers write", () => {
  it("belongs to the bucket's owner and is shared with nothing", async () => {
    await openTo("public-read-write");
    await callers.on.put("known", "known content");
    const before = await callers.on.gateway.gateway.stats();
    const etag = `"${createHash("md5").update("known content").digest("hex")}"`;
    expect(await callers.asAnyone("PUT", "gift", { body: "known content" })).toMatchObject({
      status: 200,
      headers: { etag },
    });
    expect((await callers.on.gateway.gateway.stats()).blobs).toBe(before.blobs + 1);
    expect(await callers.on.get("gift")).toMatchObject({ status: 200, text: "known content" });
    expect(await callers.asAnyone("GET", "gift")).toMatchObject(DENIED);
    expect(await callers.asAnyone("DELETE", "gift")).toMatchObject({ status: 204 });
  });

  it("is never uploaded in parts", async () => {
    await openTo("public-read-write");
    expect(await callers.asAnyone("POST", "parts", { query: "uploads" })).toMatchObject(DENIED);
  });
});
