// CreateBucket: names, regions, and buckets that already exist.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { signedFetch } from "../support/sign.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

const create = (name: string, body = "", headers: Readonly<Record<string, string>> = {}) =>
  on.fetch({ method: "PUT", path: `/${name}`, body, headers });
const located = (location: string) =>
  `<CreateBucketConfiguration><LocationConstraint>${location}</LocationConstraint></CreateBucketConfiguration>`;

describe("CreateBucket", () => {
  it.each(["abc", "a-b.c", "0a0", "a".repeat(63)])("makes %s", async (name) => {
    const answer = await create(name);
    expect([answer.status, answer.headers["location"]]).toEqual([200, `/${name}`]);
    expect(await on.fetch({ method: "HEAD", path: `/${name}` })).toMatchObject({ status: 200 });
  });

  it.each(["ab", "a".repeat(64), "A-b", "a_b", "-ab", "ab-", "a..b", "a.-b", "192.168.1.1", "xn--a"])(
    "refuses the name %s",
    async (name) => {
      expect(await create(name)).toMatchObject({ status: 400, code: "InvalidBucketName" });
    },
  );

  it("lets the owner repeat it in us-east-1, and keeps what is in it", async () => {
    await create("again");
    await on.fetch({ method: "PUT", path: "/again/k", body: "x" });
    expect(await create("again")).toMatchObject({ status: 200 });
    expect((await on.fetch({ path: "/again/k" })).text).toBe("x");
  });

  it("refuses the repetition in other regions", async () => {
    await using elsewhere = await openBucket({ config: { region: "eu-west-1" } });
    expect(await elsewhere.fetch({ method: "PUT", path: "/bucket" })).toMatchObject({
      status: 409,
      code: "BucketAlreadyOwnedByYou",
    });
  });

  it("refuses the name of somebody else's bucket", async () => {
    const other = await on.gateway.addAccount("other");
    const theirs = signedFetch({ endpoint: on.gateway.url, ...other });
    expect(await theirs({ method: "PUT", path: "/bucket" })).toMatchObject({
      status: 409,
      code: "BucketAlreadyExists",
    });
  });

  it("remembers the location it was asked for", async () => {
    expect(await create("located", located("eu-central-1"))).toMatchObject({ status: 200 });
    expect((await on.fetch({ path: "/located", query: "location" })).text).toContain(
      ">eu-central-1</LocationConstraint>",
    );
  });

  it.each([
    [located("a b"), "InvalidLocationConstraint", 400],
    ["<CreateBucketConfiguration>", "MalformedXML", 400],
    ["<Other/>", "MalformedXML", 400],
    ["<CreateBucketConfiguration><Tags/></CreateBucketConfiguration>", "NotImplemented", 501],
  ])("refuses the body %s", async (body, code, status) => {
    expect(await create("refused", body)).toMatchObject({ status, code });
  });

  it.each([{ "x-amz-bucket-object-lock-enabled": "true" }])("refuses %j by name", async (headers) => {
    const answer = await create("refused", "", headers);
    expect(answer).toMatchObject({ status: 501, code: "NotImplemented" });
    expect(answer.text).toContain(`<Header>${Object.keys(headers)[0]}</Header>`);
    expect(await on.fetch({ method: "HEAD", path: "/refused" })).toMatchObject({ status: 404 });
  });

  it("accepts settings that every bucket has anyway", async () => {
    const headers = {
      "x-amz-acl": "private",
      "x-amz-object-ownership": "BucketOwnerEnforced",
      "x-amz-bucket-object-lock-enabled": "false",
    };
    expect(await create("as-ever", "", headers)).toMatchObject({ status: 200 });
  });
});
