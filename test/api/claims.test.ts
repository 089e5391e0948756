import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiClient, apiClient } from "../support/api.ts";
import { MIN_PART, upload } from "../support/multipart.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { signedFetch } from "../support/sign.ts";

const sha256 = (body: string | Buffer) => createHash("sha256").update(body).digest("hex");
const md5 = (body: string | Buffer) => createHash("md5").update(body).digest("hex");
const file = (key: string, body: string | Buffer, more: object = {}) => ({
  ...{ key, sha256: sha256(body), size: body.length },
  ...more,
});

let on: OpenBucket;
let call: ApiClient;
beforeAll(async () => {
  on = await openBucket();
  call = apiClient(on.gateway);
});
afterAll(() => on[Symbol.asyncDispose]());

const claim = (files: readonly object[], bucket = "bucket", as = call) =>
  as("POST", "/claims", { body: { bucket, files } });
const outcomes = async (files: readonly object[], bucket?: string, as?: ApiClient) =>
  ((await claim(files, bucket, as)).document.results as { outcome: string }[]).map(({ outcome }) => outcome);

describe("a claim", () => {
  it("makes an object of content that is there, with attributes of its own and no byte sent", async () => {
    await on.put("claims/first", "some bytes", { "content-type": "text/x", "x-amz-meta-a": "1" });
    const before = await on.gateway.gateway.stats();
    const more = { contentType: "text/y", metadata: { Colour: "grün" } };
    const { document } = await claim([file("claims/second", "some bytes", more)]);
    expect(document.results).toEqual([{ key: "claims/second", outcome: "linked", etag: md5("some bytes") }]);
    const { headers, text } = await on.get("claims/second");
    expect(text).toBe("some bytes");
    expect(headers).toMatchObject({ etag: `"${md5("some bytes")}"`, "content-type": "text/y" });
    expect(Buffer.from(String(headers["x-amz-meta-colour"]), "latin1").toString()).toBe("grün");
    expect(headers).not.toHaveProperty("x-amz-meta-a");
    const after = await on.gateway.gateway.stats();
    expect([after.blobs - before.blobs, after.objects - before.objects]).toEqual([0, 1]);
  });

  it("is answered in the order of the files, each for itself", async () => {
    await on.put("claims/known", "known");
    const files = [file("claims/x", "unknown"), file("claims/y", "known"), file("k".repeat(1024), "known")];
    expect(await outcomes(files)).toEqual(["needed", "linked", "linked"]);
  });

  it("needs the bytes where the size is another", async () => {
    await on.put("claims/sized", "sized");
    expect(await outcomes([file("claims/other", "sized", { size: 4 })])).toEqual(["needed"]);
  });

  it("replaces what stands under its key, as a PUT does", async () => {
    await on.put("claims/new", "new content");
    await on.put("claims/place", "old content");
    expect(await outcomes([file("claims/place", "new content")])).toEqual(["linked"]);
    expect((await on.get("claims/place")).text).toBe("new content");
  });

  it("needs the bytes when the last object with them is gone", async () => {
    await on.put("claims/gone", "gone");
    await on.ok("DELETE", "claims/gone");
    expect(await outcomes([file("claims/again", "gone")])).toEqual(["needed"]);
  });

  it("needs the bytes when a copy of them is lost", async () => {
    await on.put("claims/rotten", "rotten");
    const { blobs, objects } = on.gateway.gateway.metadata;
    const blob = (await objects.find("bucket", "claims/rotten")).found?.blob;
    await blobs.setReplica(blob?.id ?? 0, blob?.replicas[0]?.backend ?? "", "lost");
    expect(await outcomes([file("claims/mended", "rotten")])).toEqual(["needed"]);
  });

  it("needs the bytes in a bucket that shares nothing", async () => {
    await on.put("claims/alone", "alone");
    const { buckets } = on.gateway.gateway.metadata;
    await on.fetch({ method: "PUT", path: "/apart" });
    await buckets.updateSettings((await buckets.find("apart"))?.id ?? 0, () => ({ dedup: "off" }));
    expect(await outcomes([file("k", "alone")], "apart")).toEqual(["needed"]);
  });

  it("makes an object like the one that was uploaded in parts", async () => {
    const [first, last] = [Buffer.alloc(MIN_PART, 1), Buffer.from("the end")];
    await upload(on, "claims/parts", [first, last]);
    const whole = Buffer.concat([first, last]);
    expect(await outcomes([file("claims/like-parts", whole)])).toEqual(["needed"]);
    await on.gateway.gateway.upkeep.runDue();
    const { document } = await claim([file("claims/like-parts", whole)]);
    const source = await on.call("HEAD", "claims/parts");
    expect(document.results).toMatchObject([{ outcome: "linked", etag: source.headers["etag"]?.slice(1, -1) }]);
    const part = await on.get("claims/like-parts", {}, "partNumber=2");
    expect([part.status, part.text, part.headers["x-amz-mp-parts-count"]]).toEqual([206, "the end", "2"]);
  });
});

describe("what a claim is refused for", () => {
  it.each([
    ["a key that is too long", { key: "é".repeat(600) }, "KeyTooLongError"],
    ["a key with a NUL", { key: "a\0b" }, "InvalidURI"],
    ["a key that is no text", { key: "\ud800" }, "InvalidURI"],
    ["metadata whose name is no header's", { metadata: { "a b": "1" } }, "InvalidArgument"],
    ["metadata with a line break", { metadata: { a: "1\r\nx: 2" } }, "InvalidArgument"],
    ["metadata that is named twice", { metadata: { a: "1", A: "2" } }, "InvalidArgument"],
    ["too much metadata", { metadata: { a: "x".repeat(2100) } }, "MetadataTooLarge"],
    ["a type with a line break", { contentType: "text/x\ny" }, "InvalidArgument"],
  ])("is %s", async (_what, change, code) => {
    const key = "claims/refused";
    const { document } = await claim([{ ...file(key, "some bytes"), ...change }]);
    expect(document.results).toMatchObject([{ outcome: "refused", code }]);
    expect((await on.call("HEAD", key)).status).toBe(404);
  });

  it("is a key beside what its access key may write", async () => {
    await on.put("in/known", "for the scope");
    const scope = { places: [{ bucket: "bucket", prefix: "in/" }] };
    const limited = apiClient(on.gateway, await on.gateway.addAccount("root", { accessKeyId: "AKIAIN", scope }));
    const { document } = await claim(
      [file("in/k", "for the scope"), file("out/k", "for the scope")],
      "bucket",
      limited,
    );
    expect(document.results).toMatchObject([{ outcome: "linked" }, { outcome: "refused", code: "AccessDenied" }]);
    expect((await claim([file("out/k", "x")], "bucket", limited)).document.code).toBe("AccessDenied");
    expect((await claim([file("out/k", "x")], "nothing", limited)).document.code).toBe("AccessDenied");
  });

  it("is, as a whole, the same key twice", async () => {
    const { document } = await claim([file("same", "a"), file("same", "b")]);
    expect(document).toMatchObject({ code: "BadRequest", errors: [{ pointer: "/files/1/key" }] });
  });

  it("is, as a whole, a bucket that the caller may not write to, or a key that only reads", async () => {
    const reader = { accessKeyId: "AKIAREADS", scope: { readOnly: true } } as const;
    const limited = apiClient(on.gateway, await on.gateway.addAccount("root", reader));
    expect((await claim([file("k", "x")], "bucket", limited)).document.code).toBe("AccessDenied");
    const stranger = apiClient(on.gateway, await on.gateway.addAccount("passer-by"));
    expect((await claim([file("k", "x")], "bucket", stranger)).document.code).toBe("AccessDenied");
    expect((await claim([file("k", "x")], "nothing")).document.code).toBe("NoSuchBucket");
  });
});

describe("a digest that somebody else knows", () => {
  it("gives nobody another account's content, where all share their blobs, nor tells that it is there", async () => {
    await using shared = await openBucket({ config: { dedup: { scope: "global" } } });
    await shared.put("secret", "the secret");
    const other = await shared.gateway.addAccount("other");
    await signedFetch({ endpoint: shared.gateway.url, ...other })({ method: "PUT", path: "/theirs" });
    const as = apiClient(shared.gateway, other);
    const foreign = await claim([file("k", "the secret")], "theirs", as);
    const unknown = await claim([file("k", "the secrex")], "theirs", as);
    expect(foreign.document).toEqual(unknown.document);
    expect(foreign.document.results).toEqual([{ key: "k", outcome: "needed" }]);
  });

  it("gives an access key no content that lies beside its scope", async () => {
    await on.put("private/k", "kept from that key");
    const scope = { places: [{ bucket: "bucket", prefix: "shared/" }] };
    const limited = apiClient(on.gateway, await on.gateway.addAccount("root", { accessKeyId: "AKIASHARED", scope }));
    expect(await outcomes([file("shared/k", "kept from that key")], "bucket", limited)).toEqual(["needed"]);
    await on.put("shared/own", "kept from that key");
    expect(await outcomes([file("shared/k", "kept from that key")], "bucket", limited)).toEqual(["linked"]);
  });
});

it("takes a thousand files in one call", async () => {
  await on.put("many/known", "many");
  const files = Array.from({ length: 1000 }, (_, n) => file(`many/${n}`, n % 2 === 0 ? "many" : `unknown ${n}`));
  const found = await outcomes(files);
  expect([found.filter((one) => one === "linked").length, found[0], found[1]]).toEqual([500, "linked", "needed"]);
});
