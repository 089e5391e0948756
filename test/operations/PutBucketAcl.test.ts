// PutBucketAcl, GetBucketAcl, and the ACL at a bucket's creation: canned, by headers, by document.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aclDocument, type Callers, grantsOf, openCallers } from "../support/callers.ts";

let callers: Callers;
beforeAll(async () => {
  callers = await openCallers();
});
afterAll(() => callers[Symbol.asyncDispose]());

const acl = "acl";
const put = (headers: Readonly<Record<string, string>>, body = "") =>
  callers.asOwner("PUT", "", { query: acl, headers, body });
const read = async () => grantsOf(await callers.asOwner("GET", "", { query: acl }));
const create = (name: string, headers: Readonly<Record<string, string>>) =>
  callers.on.fetch({ method: "PUT", path: `/${name}`, headers });
const grantsOfBucket = async (name: string) => grantsOf(await callers.on.fetch({ path: `/${name}`, query: acl }));

describe("a bucket's ACL", () => {
  it.each([
    ["public-read", ["AllUsers READ"]],
    ["public-read-write", ["AllUsers READ", "AllUsers WRITE"]],
    ["authenticated-read", ["AuthenticatedUsers READ"]],
    ["log-delivery-write", ["LogDelivery WRITE", "LogDelivery READ_ACP"]],
    ["bucket-owner-read", []],
    ["bucket-owner-full-control", []],
    ["private", []],
  ])("that is canned as %s is given back as grants", async (canned, more) => {
    expect(await put({ "x-amz-acl": canned })).toMatchObject({ status: 200 });
    expect(await read()).toEqual([...more, `${callers.owner} FULL_CONTROL`]);
  });

  it("is exactly the grants in the headers, each once", async () => {
    const headers = {
      "x-amz-grant-read": 'id="bob", uri="http://acs.amazonaws.com/groups/global/AllUsers", id=bob',
      "x-amz-grant-write-acp": "id=bob",
    };
    expect(await put(headers)).toMatchObject({ status: 200 });
    expect(await read()).toEqual(["AllUsers READ", "bob READ", "bob WRITE_ACP"]);
  });

  it("is what a document says, even when empty; the owner may still set it", async () => {
    const everyone = "<URI>http://acs.amazonaws.com/groups/global/AuthenticatedUsers</URI>";
    const grants = [
      ["<ID>bob</ID><DisplayName>x</DisplayName>", "WRITE"],
      [everyone, "READ"],
    ] as const;
    expect(await put({}, aclDocument(callers.owner, grants))).toMatchObject({ status: 200 });
    expect(await read()).toEqual(["AuthenticatedUsers READ", "bob WRITE"]);
    expect(await put({}, aclDocument(callers.owner, []))).toMatchObject({ status: 200 });
    expect(await read()).toEqual([]);
    expect(await put({ "x-amz-acl": "private" })).toMatchObject({ status: 200 });
  });

  it("is set when the bucket is created, and reset when its owner creates it again", async () => {
    expect(await create("open-one", { "x-amz-acl": "public-read" })).toMatchObject({ status: 200 });
    expect(await grantsOfBucket("open-one")).toEqual(["AllUsers READ", `${callers.owner} FULL_CONTROL`]);
    expect(await create("open-one", { "x-amz-acl": "authenticated-read" })).toMatchObject({ status: 200 });
    expect(await grantsOfBucket("open-one")).toEqual(["AuthenticatedUsers READ", `${callers.owner} FULL_CONTROL`]);
    expect(await create("open-one", {})).toMatchObject({ status: 200 });
    expect(await grantsOfBucket("open-one")).toEqual([`${callers.owner} FULL_CONTROL`]);
  });

  it("is set and read by others according to their grants", async () => {
    const named = (permission: string) =>
      put({ "x-amz-grant-read": "id=bob", [`x-amz-grant-${permission}`]: "id=bob" });
    await named("read-acp");
    expect(await callers.asBob("GET", "", { query: acl })).toMatchObject({ status: 200 });
    expect(await callers.asBob("PUT", "", { query: acl, headers: { "x-amz-acl": "private" } })).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    await named("write-acp");
    expect(await callers.asBob("GET", "", { query: acl })).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await callers.asBob("PUT", "", { query: acl, headers: { "x-amz-acl": "private" } })).toMatchObject({
      status: 200,
    });
    expect(await read()).toEqual([`${callers.owner} FULL_CONTROL`]);
  });
});

describe("an ACL is refused", () => {
  const id = "<ID>bob</ID>";
  const owned = (grants: Parameters<typeof aclDocument>[1]) => aclDocument(callers.owner, grants);
  const refusals: readonly (readonly [
    what: string,
    headers: Readonly<Record<string, string>>,
    body: () => string,
    status: number,
    code: string,
  ])[] = [
    ["an unknown canned name", { "x-amz-acl": "public-ready" }, () => "", 400, "InvalidArgument"],
    ["a canned name for machines that are not here", { "x-amz-acl": "aws-exec-read" }, () => "", 501, "NotImplemented"],
    [
      "canned and granted at once",
      { "x-amz-acl": "private", "x-amz-grant-read": "id=bob" },
      () => "",
      400,
      "InvalidRequest",
    ],
    ["in headers and body at once", { "x-amz-acl": "private" }, () => owned([]), 400, "UnexpectedContent"],
    ["nothing said", {}, () => "", 400, "MissingSecurityHeader"],
    ["a grant to nobody known", { "x-amz-grant-read": "id=nobody" }, () => "", 400, "InvalidArgument"],
    ["a grant to an unknown group", { "x-amz-grant-read": "uri=http://x/AllUsers" }, () => "", 400, "InvalidArgument"],
    [
      "a grant by e-mail",
      { "x-amz-grant-read": "emailAddress=a@b.c" },
      () => "",
      400,
      "UnresolvableGrantByEmailAddress",
    ],
    ["a grant header of another form", { "x-amz-grant-read": "bob" }, () => "", 400, "InvalidArgument"],
    ["an empty grant header", { "x-amz-grant-read": "" }, () => "", 400, "InvalidArgument"],
    ["no XML", {}, () => "<x", 400, "MalformedXML"],
    ["another owner", {}, () => aclDocument("bob", [[id, "READ"]]), 403, "AccessDenied"],
    ["no owner", {}, () => "<AccessControlPolicy><AccessControlList/></AccessControlPolicy>", 400, "MalformedACLError"],
    ["no list", {}, () => owned([]).replace(/<AccessControlList>.*<.AccessControlList>/, ""), 400, "MalformedACLError"],
    ["an unknown permission", {}, () => owned([[id, "EVERYTHING"]]), 400, "MalformedACLError"],
    [
      "a grant without a grantee",
      {},
      () => owned([[id, "READ"]]).replace(/<Grantee>.*<.Grantee>/, ""),
      400,
      "MalformedACLError",
    ],
    ["an empty grantee", {}, () => owned([["", "READ"]]), 400, "MalformedACLError"],
    [
      "a grantee that is two",
      {},
      () => owned([[`${id}<EmailAddress>a@b.c</EmailAddress>`, "READ"]]),
      400,
      "MalformedACLError",
    ],
    [
      "a document's grant by e-mail",
      {},
      () => owned([["<EmailAddress>a@b.c</EmailAddress>", "READ"]]),
      400,
      "UnresolvableGrantByEmailAddress",
    ],
    ["a document's grant to nobody known", {}, () => owned([["<ID>nobody</ID>", "READ"]]), 400, "InvalidArgument"],
    [
      "over a hundred grants",
      {},
      () => owned(Array.from({ length: 101 }, () => [id, "READ"] as const)),
      400,
      "MalformedACLError",
    ],
  ];
  it.each(refusals)("for %s", async (_what, headers, body, status, code) => {
    await put({ "x-amz-acl": "public-read" });
    expect(await put(headers, body())).toMatchObject({ status, code });
    expect(await read()).toEqual(["AllUsers READ", `${callers.owner} FULL_CONTROL`]);
  });

  it("when the bucket was made without ACLs", async () => {
    const enforced = { "x-amz-object-ownership": "BucketOwnerEnforced" };
    expect(await create("closed", { ...enforced, "x-amz-acl": "public-read" })).toMatchObject({
      status: 400,
      code: "InvalidBucketAclWithObjectOwnership",
    });
    expect(await create("closed", enforced)).toMatchObject({ status: 200 });
    const refused = { status: 400, code: "AccessControlListNotSupported" };
    const ask = (path: string, query: string, headers: Record<string, string>) =>
      callers.on.fetch({ method: "PUT", path, query, headers });
    expect(await ask("/closed", acl, { "x-amz-acl": "public-read" })).toMatchObject(refused);
    expect(await ask("/closed", acl, { "x-amz-grant-read": "id=bob" })).toMatchObject(refused);
    expect(await ask("/closed/k", "", { "x-amz-acl": "public-read" })).toMatchObject(refused);
    expect(await ask("/closed/k", "", { "x-amz-acl": "bucket-owner-full-control" })).toMatchObject({ status: 200 });
    expect(await ask("/closed/k", acl, { "x-amz-acl": "public-read" })).toMatchObject(refused);
    expect(await create("closed", { "x-amz-acl": "public-read" })).toMatchObject({
      status: 400,
      code: "InvalidBucketAclWithObjectOwnership",
    });
  });

  it("with an ownership that is not served, or that is none", async () => {
    expect(await create("other", { "x-amz-object-ownership": "BucketOwnerPreferred" })).toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
    expect(await create("other", { "x-amz-object-ownership": "Mine" })).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await callers.on.fetch({ method: "HEAD", path: "/other" })).toMatchObject({ status: 404 });
  });
});
