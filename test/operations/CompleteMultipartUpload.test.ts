// CompleteMultipartUpload: the parts become one object, once, even when the request is repeated.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complete, MIN_PART, partList, sendPart, sendParts, startUpload, upload } from "../support/multipart.ts";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

const A = Buffer.alloc(MIN_PART, "a");
const B = Buffer.alloc(MIN_PART, "b");
const C = Buffer.from("the end");
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest();
const ETAG = `"${md5(Buffer.concat([A, B, C].map(md5))).toString("hex")}-3"`;

describe("CompleteMultipartUpload", () => {
  it("joins the parts under S3's ETag, and each part can be read by its number", async () => {
    const answer = await upload(on, "k", [A, B, C]);
    expect(texts(answer, "ETag")).toEqual([ETAG.replaceAll('"', "&quot;")]);
    expect(texts(answer, "Location")).toEqual([`${on.gateway.url}/bucket/k`]);
    const read = await on.get("k");
    expect([read.headers["etag"], read.body.equals(Buffer.concat([A, B, C]))]).toEqual([ETAG, true]);
    const part = await on.get("k", {}, "partNumber=3");
    expect(part).toMatchObject({ status: 206, text: "the end" });
    expect(part.headers).toMatchObject({
      "x-amz-mp-parts-count": "3",
      etag: ETAG,
      "content-range": `bytes ${2 * MIN_PART}-${2 * MIN_PART + 6}/${2 * MIN_PART + 7}`,
    });
    expect(await on.get("k", {}, "partNumber=4")).toMatchObject({ status: 416, code: "InvalidPartNumber" });
    expect((await on.get("k", { range: `bytes=${MIN_PART - 1}-${MIN_PART}` })).text).toBe("ab");
  });

  it("omits parts that are not listed, and accepts gaps", async () => {
    const uploadId = await startUpload(on, "gaps");
    await sendPart(on, "gaps", uploadId, 3, A);
    const last = await sendPart(on, "gaps", uploadId, 7, C);
    expect(
      await complete(on, "gaps", uploadId, partList([{ partNumber: 7, etag: String(last.headers["etag"]) }])),
    ).toMatchObject({ status: 200 });
    expect((await on.get("gaps")).text).toBe("the end");
  });

  it("takes ETags with and without quotes, as references too", async () => {
    for (const dress of [
      (etag: string) => etag,
      (etag: string) => etag.replaceAll('"', ""),
      (etag: string) => etag.replaceAll('"', "&#34;"),
    ]) {
      const uploadId = await startUpload(on, "quotes");
      const [part] = await sendParts(on, "quotes", uploadId, [C]);
      expect(
        await complete(on, "quotes", uploadId, partList([{ partNumber: 1, etag: dress(part?.etag ?? "") }])),
      ).toMatchObject({ status: 200 });
    }
  });

  it("gives the same answer again when the first was lost", async () => {
    const uploadId = await startUpload(on, "twice", { "x-amz-checksum-algorithm": "SHA256" });
    const list = partList(await sendParts(on, "twice", uploadId, [C]));
    const first = await complete(on, "twice", uploadId, list);
    const second = await complete(on, "twice", uploadId, list);
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect((await on.gateway.gateway.stats()).objects).toBeGreaterThan(0);
  });

  it("refuses a list that does not fit, and the upload goes on", async () => {
    const uploadId = await startUpload(on, "misfit");
    const [one, two] = await sendParts(on, "misfit", uploadId, ["small", "end"]);
    if (one === undefined || two === undefined) throw new Error("no parts");
    const refused = async (parts: Parameters<typeof partList>[0], code: string) =>
      expect(await complete(on, "misfit", uploadId, partList(parts))).toMatchObject({ status: 400, code });
    await refused([], "MalformedXML");
    await refused([two, one], "InvalidPartOrder");
    await refused([one, one], "InvalidPartOrder");
    await refused([{ ...one, partNumber: 3 }], "InvalidPart");
    await refused([{ ...one, etag: two.etag }], "InvalidPart");
    await refused([{ ...one, partNumber: "x" }], "MalformedXML");
    await refused([one, two], "EntityTooSmall");
    expect(await complete(on, "misfit", uploadId, "<CompleteMultipartUpload><Part>")).toMatchObject({
      code: "MalformedXML",
    });
    expect(await complete(on, "misfit", uploadId, "")).toMatchObject({ code: "MalformedXML" });
    expect(await on.get("misfit")).toMatchObject({ status: 404 });
    expect(await complete(on, "misfit", uploadId, partList([one]))).toMatchObject({ status: 200 });
  });

  it("says which part is too small", async () => {
    const uploadId = await startUpload(on, "small");
    const parts = await sendParts(on, "small", uploadId, ["12345", "end"]);
    const answer = await complete(on, "small", uploadId, partList(parts));
    expect([texts(answer, "ProposedSize"), texts(answer, "MinSizeAllowed"), texts(answer, "PartNumber")]).toEqual([
      ["5"],
      ["5242880"],
      ["1"],
    ]);
  });

  it("answers NoSuchUpload for another key and for an aborted upload", async () => {
    const uploadId = await startUpload(on, "mine");
    const list = partList(await sendParts(on, "mine", uploadId, [C]));
    expect(await complete(on, "other", uploadId, list)).toMatchObject({ status: 404, code: "NoSuchUpload" });
    await on.ok("DELETE", "mine", { query: { uploadId } });
    expect(await complete(on, "mine", uploadId, list)).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });

  it("looks the upload up before it reads the list", async () => {
    const unknown = await complete(on, "unread", "no-such-upload", "<CompleteMultipartUpload><Part>");
    expect(unknown).toMatchObject({ status: 404, code: "NoSuchUpload" });
    expect(await complete(on, "unread", "no-such-upload", "x".repeat(4 << 20))).toMatchObject({ code: "NoSuchUpload" });
    const uploadId = await startUpload(on, "unread");
    const list = partList(await sendParts(on, "unread", uploadId, [C]));
    expect(await complete(on, "unread", uploadId, "x".repeat(4 << 20))).toMatchObject({
      status: 400,
      code: "MaxMessageLengthExceeded",
    });
    expect(await complete(on, "unread", uploadId, list)).toMatchObject({ status: 200 });
    expect(await complete(on, "unread", uploadId, "<x")).toMatchObject({ status: 400, code: "MalformedXML" });
    expect(await complete(on, "unread", uploadId, list)).toMatchObject({ status: 200 });
  });

  it("refuses a list with more elements than 10,000 parts have", async () => {
    const uploadId = await startUpload(on, "many");
    const [part] = await sendParts(on, "many", uploadId, [C]);
    const list = partList([{ partNumber: 1, etag: part?.etag ?? "", more: "<b/>".repeat(80_016) }]);
    expect(await complete(on, "many", uploadId, list)).toMatchObject({ status: 400, code: "MalformedXML" });
  });

  it("checks conditions against the present object, and the upload can be completed later", async () => {
    await on.put("conditional", "x");
    const uploadId = await startUpload(on, "conditional");
    const list = partList(await sendParts(on, "conditional", uploadId, [C]));
    expect(await complete(on, "conditional", uploadId, list, { "if-none-match": "*" })).toMatchObject({
      status: 412,
      code: "PreconditionFailed",
    });
    expect(await complete(on, "conditional", uploadId, list, { "if-match": '"x"' })).toMatchObject({ status: 412 });
    expect((await on.get("conditional")).text).toBe("x");
    const etag = String((await on.get("conditional")).headers["etag"]);
    expect(await complete(on, "conditional", uploadId, list, { "if-match": etag })).toMatchObject({ status: 200 });
  });

  it("checks the size the client expects", async () => {
    const uploadId = await startUpload(on, "sized");
    const list = partList(await sendParts(on, "sized", uploadId, [C]));
    expect(await complete(on, "sized", uploadId, list, { "x-amz-mp-object-size": "8" })).toMatchObject({
      status: 400,
      code: "InvalidRequest",
    });
    expect(await complete(on, "sized", uploadId, list, { "x-amz-mp-object-size": "7" })).toMatchObject({ status: 200 });
  });

  const crc = (bytes: Buffer) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc32(bytes));
    return value;
  };

  it.each([
    ["COMPOSITE", `${crc(Buffer.concat([crc(A), crc(C)])).toString("base64")}-2`],
    ["FULL_OBJECT", crc(Buffer.concat([A, C])).toString("base64")],
  ])("composes a %s checksum, holds it against the client's, and shows it of object and parts", async (type, value) => {
    const key = `sum-${type}`;
    const uploadId = await startUpload(on, key, { "x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": type });
    const list = partList(await sendParts(on, key, uploadId, [A, C]));
    expect(await complete(on, key, uploadId, list, { "x-amz-checksum-crc32": "bad" })).toMatchObject({
      status: 400,
      code: "BadDigest",
    });
    const answer = await complete(on, key, uploadId, list, {
      "x-amz-checksum-crc32": value,
      "x-amz-checksum-type": type,
    });
    expect([texts(answer, "ChecksumCRC32"), texts(answer, "ChecksumType")]).toEqual([[value], [type]]);
    const mode = { "x-amz-checksum-mode": "ENABLED" };
    expect((await on.get(key, mode)).headers).toMatchObject({
      "x-amz-checksum-crc32": value,
      "x-amz-checksum-type": type,
    });
    expect((await on.get(key, mode, "partNumber=2")).headers).toMatchObject({
      "x-amz-checksum-crc32": crc(C).toString("base64"),
      "x-amz-checksum-type": type,
    });
  });

  it("compares each part's checksum with the list", async () => {
    const uploadId = await startUpload(on, "part-sum", { "x-amz-checksum-algorithm": "CRC32" });
    const [part] = await sendParts(on, "part-sum", uploadId, [C]);
    if (part === undefined) throw new Error("no part");
    const withSum = (sum: string) => partList([{ ...part, more: `<ChecksumCRC32>${sum}</ChecksumCRC32>` }]);
    expect(await complete(on, "part-sum", uploadId, withSum("AAAAAA=="))).toMatchObject({
      status: 400,
      code: "InvalidPart",
    });
    expect(await complete(on, "part-sum", uploadId, withSum(crc(C).toString("base64")))).toMatchObject({ status: 200 });
  });
});
