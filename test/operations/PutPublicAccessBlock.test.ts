// Put, Get and DeletePublicAccessBlock, the effect of each setting, and the gateway's `publicAccess`, which overrides
// them.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aclDocument, type Callers, grantsOf, openCallers } from "../support/callers.ts";
import { texts } from "../support/open-bucket.ts";

const query = "publicAccessBlock";
const DENIED = { status: 403, code: "AccessDenied" };
const NONE = { status: 404, code: "NoSuchPublicAccessBlockConfiguration" };
const ALL = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/** A document with these switches on; the others are left out. */
const document = (...on: readonly string[]) =>
  `<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${on
    .map((name) => `<${name}>true</${name}>`)
    .join("")}</PublicAccessBlockConfiguration>`;
const block = ({ asOwner }: Callers, ...on: readonly string[]) => asOwner("PUT", "", { query, body: document(...on) });

/** Every request that would let the public in, and its like that does not. */
const PUBLIC_REQUESTS = [
  ["PutBucketAcl, canned", "PUT", "", "acl", "x-amz-acl", "public-read", "private"],
  ["PutBucketAcl, to all accounts", "PUT", "", "acl", "x-amz-acl", "authenticated-read", "log-delivery-write"],
  ["PutBucketAcl, granted", "PUT", "", "acl", "x-amz-grant-read", toGroup("AllUsers"), "id=bob"],
  ["PutObjectAcl", "PUT", "there", "acl", "x-amz-grant-read-acp", toGroup("AuthenticatedUsers"), "id=bob"],
  ["PutObject, canned", "PUT", "new", "", "x-amz-acl", "public-read-write", "bucket-owner-read"],
  ["PutObject, granted", "PUT", "new", "", "x-amz-grant-full-control", toGroup("AllUsers"), "id=bob"],
  ["CreateMultipartUpload", "POST", "new", "uploads", "x-amz-acl", "public-read", "private"],
  ["CreateBucket again", "PUT", "", "", "x-amz-acl", "public-read", "private"],
] as const;

function toGroup(group: string): string {
  return `uri="http://acs.amazonaws.com/groups/global/${group}"`;
}

describe("a bucket's public access block", () => {
  let callers: Callers;
  beforeAll(async () => {
    callers = await openCallers();
    await callers.on.put("there", "x");
  });
  afterAll(() => callers[Symbol.asyncDispose]());
  beforeEach(() => callers.on.ok("DELETE", "", { query }));

  it("is absent at first, is returned as it was set, and can be deleted", async () => {
    expect(await callers.asOwner("GET", "", { query })).toMatchObject(NONE);
    expect(await block(callers, "BlockPublicAcls", "RestrictPublicBuckets")).toMatchObject({ status: 200, text: "" });
    const answer = await callers.asOwner("GET", "", { query });
    expect(ALL.map((name) => texts(answer, name)[0])).toEqual(["true", "false", "false", "true"]);
    expect(await callers.asOwner("DELETE", "", { query })).toMatchObject({ status: 204 });
    expect(await callers.asOwner("GET", "", { query })).toMatchObject(NONE);
    expect(await callers.asOwner("DELETE", "", { query })).toMatchObject({ status: 204 });
  });

  it("is replaced as a whole, and does not change the bucket's other settings", async () => {
    await callers.on.ok("PUT", "", {
      query: "tagging",
      body: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    });
    await block(callers, ...ALL);
    await block(callers, "BlockPublicPolicy");
    const answer = await callers.asOwner("GET", "", { query });
    expect(ALL.map((name) => texts(answer, name)[0])).toEqual(["false", "false", "true", "false"]);
    expect((await callers.asOwner("GET", "", { query: "tagging" })).text).toContain("<Value>b</Value>");
  });

  it.each([
    "",
    "<x",
    document("BlockPublicAcls").replace("true", "perhaps"),
    document("BlockPublicAcls").replace("true", ""),
    document().replaceAll("PublicAccessBlockConfiguration", "Tagging"),
  ])("is MalformedXML as %j", async (body) => {
    await block(callers, "BlockPublicPolicy");
    expect(await callers.asOwner("PUT", "", { query, body })).toMatchObject({ status: 400, code: "MalformedXML" });
    expect((await callers.asOwner("GET", "", { query })).text).toContain("<BlockPublicPolicy>true<");
  });

  it.each(["GET", "PUT", "DELETE"])("is for the owner only: %s", async (method) => {
    await callers.on.ok("PUT", "", { query: "acl", headers: { "x-amz-acl": "public-read-write" } });
    for (const knock of [callers.asBob, callers.asAnyone])
      expect(await knock(method, "", { query, ...(method === "PUT" && { body: document() }) })).toMatchObject(DENIED);
  });

  it.each(PUBLIC_REQUESTS)("with BlockPublicAcls refuses %s", async (_what, method, key, on, name, open, closed) => {
    await callers.on.ok("PUT", "", { query: "acl", headers: { "x-amz-acl": "private" } });
    await block(callers, "BlockPublicAcls");
    const ask = (value: string) => callers.asOwner(method, key, { query: on, headers: { [name]: value } });
    expect(await ask(open)).toMatchObject(DENIED);
    expect(await ask(closed)).toMatchObject({ status: 200 });
    await block(callers, ...ALL.slice(1));
    expect(await ask(open)).toMatchObject({ status: 200 });
  });

  it("with BlockPublicAcls refuses a public copy and a public document", async () => {
    await block(callers, "BlockPublicAcls");
    const copy = (acl: string) =>
      callers.asOwner("PUT", "copy", { headers: { "x-amz-copy-source": "/bucket/there", "x-amz-acl": acl } });
    expect(await copy("public-read")).toMatchObject(DENIED);
    expect(await copy("private")).toMatchObject({ status: 200 });
    const everyone = "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>";
    const put = (grantee: string) =>
      callers.asOwner("PUT", "there", { query: "acl", body: aclDocument(callers.owner, [[grantee, "READ"]]) });
    expect(await put(everyone)).toMatchObject(DENIED);
    expect(await put("<ID>bob</ID>")).toMatchObject({ status: 200 });
  });

  it("with IgnorePublicAcls keeps public grants without effect until the block is deleted", async () => {
    await callers.on.ok("PUT", "", { query: "acl", headers: { "x-amz-acl": "public-read-write" } });
    await callers.on.put("open", "x", { "x-amz-acl": "public-read" });
    await block(callers, "IgnorePublicAcls");
    for (const knock of [callers.asBob, callers.asAnyone]) {
      expect(await knock("GET", "open")).toMatchObject(DENIED);
      expect(await knock("GET", "")).toMatchObject(DENIED);
      expect(await knock("PUT", "gift", { body: "x" })).toMatchObject(DENIED);
    }
    expect(grantsOf(await callers.asOwner("GET", "open", { query: "acl" }))[0]).toBe("AllUsers READ");
    expect(await callers.on.put("later", "x", { "x-amz-acl": "public-read" })).toMatchObject({ status: 200 });
    expect(await callers.asAnyone("GET", "later")).toMatchObject(DENIED);
    await callers.on.ok("DELETE", "", { query });
    expect(await callers.asAnyone("GET", "later")).toMatchObject({ status: 200 });
  });

  it("with IgnorePublicAcls does not change grants to one account", async () => {
    await block(callers, "IgnorePublicAcls");
    await callers.on.put("bobs", "x", { "x-amz-grant-read": `id=bob, ${toGroup("AllUsers")}` });
    expect(await callers.asBob("GET", "bobs")).toMatchObject({ status: 200 });
    expect(await callers.asAnyone("GET", "bobs")).toMatchObject(DENIED);
  });
});

describe("a gateway that blocks public access", () => {
  let callers: Callers;
  beforeAll(async () => {
    callers = await openCallers({ config: { publicAccess: "blocked" } });
    await callers.on.put("there", "x");
  });
  afterAll(() => callers[Symbol.asyncDispose]());

  it.each(PUBLIC_REQUESTS)(
    "refuses %s, whatever the bucket says",
    async (_what, method, key, on, name, open, closed) => {
      for (const switches of [[], ALL]) {
        await block(callers, ...switches);
        const ask = (value: string) => callers.asOwner(method, key, { query: on, headers: { [name]: value } });
        expect(await ask(open)).toMatchObject(DENIED);
        expect(await ask(closed)).toMatchObject({ status: 200 });
      }
    },
  );

  it("refuses a new bucket that is public, and creates none", async () => {
    const create = (acl: string) =>
      callers.on.fetch({ method: "PUT", path: "/new-bucket", headers: { "x-amz-acl": acl } });
    expect(await create("public-read")).toMatchObject(DENIED);
    expect(await callers.on.fetch({ method: "HEAD", path: "/new-bucket" })).toMatchObject({ status: 404 });
    expect(await create("private")).toMatchObject({ status: 200 });
  });

  it("does not count grants to the public that are there already", async () => {
    const { buckets } = callers.on.gateway.gateway.metadata;
    const bucket = await buckets.find("bucket");
    await buckets.updateSettings(bucket?.id ?? 0, (settings) => ({
      ...settings,
      acl: [{ grantee: { group: "AllUsers" }, permission: "READ" }],
    }));
    for (const knock of [callers.asBob, callers.asAnyone]) expect(await knock("GET", "")).toMatchObject(DENIED);
    expect(grantsOf(await callers.asOwner("GET", "", { query: "acl" }))).toEqual(["AllUsers READ"]);
  });

  it("returns the bucket's own block only", async () => {
    await callers.on.ok("DELETE", "", { query });
    expect(await callers.asOwner("GET", "", { query })).toMatchObject(NONE);
  });
});
