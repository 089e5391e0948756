// Keys with fewer rights than their account: each limit, tested on a real gateway.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLog } from "../../src/log.ts";
import type { KeyScope } from "../../src/model.ts";
import { startTestGateway } from "../support/gateway.ts";
import { partList } from "../support/multipart.ts";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";
import { type SignedFetch, signedFetch } from "../support/sign.ts";

let on: OpenBucket;
let log = "";
beforeAll(async () => {
  on = await openBucket({ log: openLog("warn", { write: (line) => (log += line) }) });
  for (const key of ["in/a", "in/b", "out/a"]) await on.put(key, `content of ${key}`);
  await on.fetch({ method: "PUT", path: "/other" });
  await on.fetch({ method: "PUT", path: "/other/in/a", body: "x" });
});
afterAll(() => on[Symbol.asyncDispose]());

let count = 0;
/** A client with a key of the bucket's owner that has this scope. */
async function client(scope: KeyScope): Promise<SignedFetch & { readonly id: string }> {
  const accessKeyId = `AKSCOPED${count++}`;
  const key = await on.gateway.addAccount("root", { accessKeyId, scope });
  return Object.assign(signedFetch({ endpoint: on.gateway.url, ...key }), { id: accessKeyId });
}
const inPlace = [{ bucket: "bucket", prefix: "in/" }];
const DENIED = { status: 403, code: "AccessDenied" };
const OK = { status: 200 };

describe("a key for a prefix", () => {
  it("reads, writes and deletes there and nowhere else", async () => {
    const send = await client({ places: inPlace });
    expect(await send({ path: "/bucket/in/a" })).toMatchObject({ ...OK, text: "content of in/a" });
    expect(await send({ method: "PUT", path: "/bucket/in/new", body: "x" })).toMatchObject(OK);
    expect(await send({ method: "DELETE", path: "/bucket/in/new" })).toMatchObject({ status: 204 });
    for (const [method, path] of [
      ["GET", "/bucket/out/a"],
      ["GET", "/bucket/gone"],
      ["PUT", "/bucket/out/a"],
      ["DELETE", "/bucket/out/a"],
      ["GET", "/bucket/out/a?acl"],
      ["PUT", "/bucket/out/a?tagging"],
      ["GET", "/other/in/a"],
      ["GET", "/no-such-bucket/in/a"],
      ["GET", "/bucket?acl"],
      ["PUT", "/bucket?acl"],
      ["PUT", "/bucket?tagging"],
      ["DELETE", "/bucket"],
      ["PUT", "/bucket"],
      ["PUT", "/new-bucket"],
    ] as const)
      expect([method, path, await send({ method, path })]).toMatchObject([method, path, DENIED]);
  });

  it("lists only with a prefix inside its own, and sees only its bucket", async () => {
    const send = await client({ places: inPlace });
    for (const query of ["list-type=2&prefix=in/", "prefix=in/", "versions&prefix=in/"])
      expect(texts(await send({ path: `/bucket?${query}` }), "Key")).toEqual(["in/a", "in/b"]);
    for (const query of ["list-type=2", "prefix=", "prefix=i", "versions", "uploads", "list-type=2&prefix=out/"])
      expect([query, await send({ path: `/bucket?${query}` })]).toMatchObject([query, DENIED]);
    expect(texts(await send({ path: "/" }), "Name")).toEqual(["bucket"]);
    expect(texts(await on.fetch({ path: "/" }), "Name")).toEqual(["bucket", "other"]);
    expect(await send({ method: "HEAD", path: "/bucket" })).toMatchObject(OK);
    expect(await send({ method: "HEAD", path: "/other" })).toMatchObject({ status: 403 });
    expect(await send({ path: "/bucket?location" })).toMatchObject(OK);
  });

  it("copies only when source and destination are inside", async () => {
    const send = await client({ places: inPlace });
    const copy = (path: string, source: string) =>
      send({ method: "PUT", path, headers: { "x-amz-copy-source": source } });
    expect(await copy("/bucket/in/copy", "/bucket/in/a")).toMatchObject(OK);
    expect(await copy("/bucket/in/copy", "/bucket/out/a")).toMatchObject(DENIED);
    expect(await copy("/bucket/in/copy", "/bucket/out/missing")).toMatchObject(DENIED);
    expect(await copy("/bucket/in/copy", "/other/in/a")).toMatchObject(DENIED);
    expect(await copy("/bucket/out/copy", "/bucket/in/a")).toMatchObject(DENIED);
    await send({ method: "DELETE", path: "/bucket/in/copy" });
  });

  it("deletes only the keys inside, and reports AccessDenied for the others", async () => {
    const send = await client({ places: inPlace });
    await on.put("in/doomed");
    const body = "<Delete><Object><Key>in/doomed</Key></Object><Object><Key>out/a</Key></Object></Delete>";
    const answer = await send({ method: "POST", path: "/bucket?delete", body });
    expect(answer.text).toContain("<Deleted><Key>in/doomed</Key></Deleted>");
    expect(answer.text).toMatch(/<Error><Key>out\/a<\/Key>.*<Code>AccessDenied<\/Code>/);
    expect(await on.get("out/a")).toMatchObject(OK);
    expect(await on.get("in/doomed")).toMatchObject({ status: 404 });
  });

  it("uploads in parts only there, parts copied from there included", async () => {
    const send = await client({ places: inPlace });
    expect(await send({ method: "POST", path: "/bucket/out/parts?uploads" })).toMatchObject(DENIED);
    const uploadId = texts(await send({ method: "POST", path: "/bucket/in/parts?uploads" }), "UploadId")[0] ?? "";
    const at = (key: string, number: number) => `/bucket/${key}?uploadId=${uploadId}&partNumber=${number}`;
    const part = await send({ method: "PUT", path: at("in/parts", 1), body: "x" });
    expect(part).toMatchObject(OK);
    expect(await send({ method: "PUT", path: at("out/parts", 1), body: "x" })).toMatchObject(DENIED);
    const stolen = { "x-amz-copy-source": "/bucket/out/a" };
    expect(await send({ method: "PUT", path: at("in/parts", 2), headers: stolen })).toMatchObject(DENIED);
    const body = partList([{ partNumber: 1, etag: String(part.headers["etag"]) }]);
    expect(await send({ method: "POST", path: `/bucket/in/parts?uploadId=${uploadId}`, body })).toMatchObject(OK);
    await send({ method: "DELETE", path: "/bucket/in/parts" });
  });

  it("gets no content for its digest that it may not read, though its account may", async () => {
    const send = await client({ places: inPlace });
    const put = (body: string, path = "/bucket/in/claim", by: SignedFetch = send) =>
      by({ method: "PUT", path, body, expectContinue: true });
    expect(await put("content of out/a")).toMatchObject({ ...OK, sawContinue: true });
    expect(await put("content of in/a")).toMatchObject({ ...OK, sawContinue: false });
    expect(await put("content of out/a", "/bucket/out/b", on.fetch)).toMatchObject({ ...OK, sawContinue: false });
  });

  it("gets no checksum either", async () => {
    const body = "content with two names";
    await on.put("out/summed", body, { "x-amz-checksum-crc32": crcOf(body) });
    await on.put("in/unsummed", body);
    const headers = { "x-amz-checksum-crc32": crcOf(body) };
    const put = (by: SignedFetch) =>
      by({ method: "PUT", path: "/bucket/in/summed", body, headers, expectContinue: true });
    expect(await put(await client({ places: inPlace }))).toMatchObject({ ...OK, sawContinue: true });
    expect(await put(on.fetch)).toMatchObject({ ...OK, sawContinue: false });
  });
});

describe("a key for a whole bucket", () => {
  it("may change the bucket itself, and make and delete it", async () => {
    const send = await client({ places: [{ bucket: "mine", prefix: "" }] });
    expect(await send({ method: "PUT", path: "/mine" })).toMatchObject(OK);
    expect(await send({ path: "/mine" })).toMatchObject(OK);
    expect(await send({ method: "PUT", path: "/mine?acl", headers: { "x-amz-acl": "private" } })).toMatchObject(OK);
    expect(await send({ method: "DELETE", path: "/mine" })).toMatchObject({ status: 204 });
    expect(await send({ path: "/bucket" })).toMatchObject(DENIED);
  });
});

describe("a read-only key", () => {
  it("gets and lists, and changes nothing", async () => {
    const send = await client({ readOnly: true });
    expect(await send({ path: "/bucket/in/a" })).toMatchObject(OK);
    expect(await send({ path: "/bucket" })).toMatchObject(OK);
    expect(await send({ path: "/" })).toMatchObject(OK);
    for (const [method, path] of [
      ["PUT", "/bucket/in/a"],
      ["DELETE", "/bucket/in/a"],
      ["POST", "/bucket?delete"],
      ["POST", "/bucket/in/a?uploads"],
      ["PUT", "/bucket?acl"],
      ["PUT", "/new-bucket"],
    ] as const)
      expect([method, path, await send({ method, path, body: "x" })]).toMatchObject([method, path, DENIED]);
    expect(await on.get("in/a")).toMatchObject({ text: "content of in/a" });
  });
});

describe("a key for a network", () => {
  it("is refused from elsewhere, whatever it asks for", async () => {
    const near = await client({ networks: ["10.0.0.0/8", "127.0.0.1"] });
    expect(await near({ path: "/bucket/in/a" })).toMatchObject(OK);
    const far = await client({ networks: ["10.0.0.0/8"] });
    for (const path of ["/", "/bucket/in/a", "/bucket/gone", "/no-such-bucket"])
      expect([path, await far({ path })]).toMatchObject([path, DENIED]);
  });

  it("is not accepted because of the address of a proxy that hides the client", async () => {
    await using gateway = await startTestGateway({ config: { trustedProxies: ["127.0.0.1"] } });
    const key = await gateway.addAccount("near", { scope: { networks: ["127.0.0.1", "192.0.2.0/24"] } });
    const send = signedFetch({ endpoint: gateway.url, ...key });
    const ask = (unsignedHeaders: Readonly<Record<string, string>>) => send({ path: "/", unsignedHeaders });
    expect(await ask({ "x-forwarded-for": "192.0.2.1" })).toMatchObject({ status: 200 });
    expect(await ask({})).toMatchObject(DENIED);
    expect(await ask({ "x-forwarded-for": "192.0.2.1", forwarded: "for=203.0.113.1" })).toMatchObject(DENIED);
  });
});

describe("a key's life", () => {
  const gone = { status: 403, code: "InvalidAccessKeyId" };

  it("ends at once when it is disabled, and goes on when it is enabled", async () => {
    const send = await client({});
    const { accounts } = on.gateway.gateway.metadata;
    expect(await send({ path: "/bucket/in/a" })).toMatchObject(OK);
    await accounts.setDisabled(send.id, true);
    expect(await send({ path: "/bucket/in/a" })).toMatchObject(gone);
    await accounts.setDisabled(send.id, false);
    expect(await send({ path: "/bucket/in/a" })).toMatchObject(OK);
  });

  it("is over when it expires", async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    const key = await on.gateway.addAccount("root", { accessKeyId: "AKEXPIRES", expiresAt });
    const send = signedFetch({ endpoint: on.gateway.url, ...key });
    expect(await send({ path: "/bucket/in/a" })).toMatchObject(OK);
    on.gateway.clock.advance(60_000);
    expect(await send({ path: "/bucket/in/a" })).toMatchObject(gone);
  });
});

describe("changes of a bucket", () => {
  it("have a line of their own at every level; requests that change nothing have none", async () => {
    const send = await client({});
    log = "";
    await send({ method: "PUT", path: "/audited" });
    await send({ method: "PUT", path: "/audited?acl", headers: { "x-amz-acl": "private" } });
    await send({ method: "PUT", path: "/audited?acl", headers: { "x-amz-acl": "nonsense" } });
    await send({ method: "PUT", path: "/audited/key", body: "x" });
    await send({ path: "/audited" });
    await send({ method: "DELETE", path: "/audited/key" });
    await send({ method: "DELETE", path: "/audited" });
    const lines = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ change }) => change)).toEqual(["CreateBucket", "PutBucketAcl", "DeleteBucket"]);
    for (const line of lines)
      expect(line).toMatchObject({ audit: true, bucket: "audited", account: "root", accessKeyId: send.id });
  });
});

/** The CRC32 of `text` in base64, bit by bit. */
function crcOf(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return bytes.toString("base64");
}
