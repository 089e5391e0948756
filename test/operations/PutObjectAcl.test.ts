// PutObjectAcl, GetObjectAcl, and the ACL with which an object is written.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aclDocument, type Callers, grantsOf, openCallers } from "../support/callers.ts";
import { complete, partList, sendParts, startUpload } from "../support/multipart.ts";

let callers: Callers;
beforeAll(async () => {
  callers = await openCallers();
});
afterAll(() => callers[Symbol.asyncDispose]());

const query = "acl";
const read = async (key: string) => grantsOf(await callers.asOwner("GET", key, { query }));

describe("an object's ACL", () => {
  it("is private by default, or as the write says", async () => {
    await callers.on.put("plain", "x");
    expect(await read("plain")).toEqual([`${callers.owner} FULL_CONTROL`]);
    await callers.on.put("open", "x", { "x-amz-acl": "public-read" });
    expect(await read("open")).toEqual(["AllUsers READ", `${callers.owner} FULL_CONTROL`]);
    await callers.on.put("named", "x", { "x-amz-grant-full-control": "id=bob" });
    expect(await read("named")).toEqual(["bob FULL_CONTROL"]);
  });

  it("is private again when the object is written over", async () => {
    await callers.on.put("again", "x", { "x-amz-acl": "public-read" });
    await callers.on.put("again", "y");
    expect(await callers.asAnyone("GET", "again")).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it("is not copied: the copy is private by default", async () => {
    await callers.on.put("source", "x", { "x-amz-acl": "public-read" });
    await callers.on.ok("PUT", "copy", { headers: { "x-amz-copy-source": "/bucket/source" } });
    expect(await callers.asAnyone("GET", "copy")).toMatchObject({ status: 403 });
    await callers.on.ok("PUT", "copy", {
      headers: { "x-amz-copy-source": "/bucket/source", "x-amz-acl": "public-read" },
    });
    expect(await callers.asAnyone("GET", "copy")).toMatchObject({ status: 200, text: "x" });
  });

  it("of an upload in parts is set when it starts", async () => {
    const uploadId = await startUpload(callers.on, "parts", { "x-amz-acl": "public-read", "x-amz-tagging": "a=b" });
    await complete(callers.on, "parts", uploadId, partList(await sendParts(callers.on, "parts", uploadId, ["x"])));
    expect(await callers.asAnyone("GET", "parts")).toMatchObject({
      status: 200,
      text: "x",
      headers: { "x-amz-tagging-count": "1" },
    });
  });

  it("makes the object public and private, and changes nothing else", async () => {
    const before = await callers.on.put("door", "x", { "x-amz-meta-a": "b", "content-type": "text/plain" });
    const shown = (await callers.on.get("door")).headers;
    await callers.on.ok("PUT", "door", { query, headers: { "x-amz-acl": "public-read" } });
    const opened = await callers.asAnyone("GET", "door");
    expect(opened).toMatchObject({
      status: 200,
      text: "x",
      headers: { etag: before.headers["etag"], "x-amz-meta-a": "b", "content-type": "text/plain" },
    });
    expect(opened.headers["last-modified"]).toBe(shown["last-modified"]);
    await callers.on.ok("PUT", "door", {
      query,
      body: aclDocument(callers.owner, [[`<ID>${callers.owner}</ID>`, "FULL_CONTROL"]]),
    });
    expect(await callers.asAnyone("GET", "door")).toMatchObject({ status: 403 });
  });

  it("is read and set by others according to their grants, and never changes the object's owner", async () => {
    await callers.on.put("shared", "x", { "x-amz-grant-full-control": "id=bob" });
    expect(await callers.asBob("GET", "shared")).toMatchObject({ status: 200 });
    expect(await callers.asBob("PUT", "shared", { query, body: aclDocument("bob", []) })).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    const body = aclDocument(callers.owner, [["<ID>bob</ID>", "READ_ACP"]]);
    expect(await callers.asBob("PUT", "shared", { query, body })).toMatchObject({ status: 200 });
    const answer = await callers.asBob("GET", "shared", { query });
    expect(answer.text).toContain(`<Owner><ID>${callers.owner}</ID>`);
    expect(await callers.asBob("GET", "shared")).toMatchObject({ status: 403 });
    expect(await callers.asBob("PUT", "shared", { query, body })).toMatchObject({ status: 403 });
  });

  it("cannot be read or set for a missing object or another version", async () => {
    expect(await callers.asOwner("GET", "nothing", { query })).toMatchObject({ status: 404, code: "NoSuchKey" });
    await callers.on.put("v", "x");
    for (const method of ["GET", "PUT"]) {
      const extra = { query: "acl&versionId=v1", headers: { "x-amz-acl": "public-read" } };
      expect(await callers.asOwner(method, "v", extra)).toMatchObject({ status: 404, code: "NoSuchVersion" });
    }
  });

  it.each(["log-delivery-write", "public"])("cannot be %s", async (canned) => {
    const headers = { "x-amz-acl": canned };
    expect(await callers.asOwner("PUT", "refused", { headers, body: "x" })).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await callers.asOwner("POST", "refused", { headers, query: "uploads" })).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await callers.on.get("refused")).toMatchObject({ status: 404 });
  });
});
