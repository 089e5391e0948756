// What an old place makes of a service that says no, says nothing, or contradicts itself. The service is scripted.
import { once } from "node:events";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { openOldPlace } from "../../../src/backends/kinds.ts";
import { startMinio } from "../../support/minio.ts";
import { describeWith } from "../../support/programs.ts";

const ETAG = "d41d8cd98f00b204e9800998ecf8427e";
const WHOLE = { "content-length": "6", etag: `"${ETAG}"`, "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" };
const object = { key: "k", size: 6, etag: ETAG, modifiedAt: new Date(0), attributes: { metadata: {} } };
const signal = new AbortController().signal;
const page = { prefix: "", delimiter: "/", after: undefined, limit: 10 };

async function placeAt(listener: RequestListener, options: { readonly responseTimeoutMs?: number } = {}) {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const where = { name: "past", endpoint: `http://127.0.0.1:${port}`, bucket: "b" };
  const place = await openOldPlace({ ...where, accessKeyId: "AK", secretAccessKey: "SK", ...options });
  onTestFinished(async () => {
    await place.close();
    server.closeAllConnections();
    server.close();
  });
  return place;
}

const answering = (status: number, headers: Record<string, string>, text = "") =>
  placeAt((request, response) => {
    // The bucket itself is there.
    if (request.url === "/b") response.writeHead(200).end();
    else if (request.method === "HEAD") response.writeHead(status, { ...WHOLE, ...headers }).end();
    else response.writeHead(status).end(text);
  });

const error = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`;

it.each([
  [undefined, 404, {}, ""],
  ["refused", 403, {}, ""],
  ["encrypted", 400, {}, error("InvalidRequest")],
  [undefined, 400, {}, error("KeyTooLongError")],
  ["encrypted", 200, { "x-amz-server-side-encryption-customer-algorithm": "AES256" }, ""],
  ["archived", 200, { "x-amz-storage-class": "GLACIER" }, ""],
  ["archived", 200, { "x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="true"' }, ""],
  ["archived", 200, { "x-amz-storage-class": "INTELLIGENT_TIERING", "x-amz-archive-status": "ARCHIVE_ACCESS" }, ""],
])("finds %s: %i %j %s", async (found, status, headers, text) => {
  expect(await (await answering(status, headers, text)).find("k")).toBe(found);
});

it.each([
  ["unavailable", 503, {}, ""],
  ["unavailable", 429, {}, ""],
  ["unavailable", 409, {}, ""],
  ["refused", 400, {}, error("ExpiredToken")],
  ["refused", 301, {}, ""],
  ["corrupt", 200, { etag: "" }, ""],
])("fails with %s: %i %j %s", async (fault, status, headers, text) => {
  await expect((await answering(status, headers, text)).find("k")).rejects.toMatchObject({ fault });
});

it.each([
  [{ "x-amz-server-side-encryption": "aws:kms" }, {}],
  [
    { "x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": 'ongoing-request="false", expiry-date="x"' },
    { storageClass: "DEEP_ARCHIVE" },
  ],
])("finds what can be read: %j", async (headers, attributes) => {
  const modifiedAt = new Date(WHOLE["last-modified"]);
  const found = { ...object, modifiedAt, attributes: { metadata: {}, ...attributes } };
  expect(await (await answering(200, headers)).find("k")).toEqual(found);
});

it("refuses an object whose tags it may not read: they would be lost", async () => {
  const place = await placeAt(({ method }, response) => {
    const isHead = method === "HEAD";
    response.writeHead(isHead ? 200 : 403, isHead ? { ...WHOLE, "x-amz-tagging-count": "1" } : {});
    response.end(isHead ? undefined : error("AccessDenied"));
  });
  expect(await place.find("k")).toBe("refused");
});

it("tells no sizes of parts that are not those of the object", async () => {
  // It knows no part numbers, and answers for the whole.
  const place = await answering(200, { etag: `"${ETAG}-2"` });
  expect(await place.partSizes({ ...object, etag: `${ETAG}-2` })).toBeUndefined();
  expect(await place.partSizes({ ...object, etag: "0123-2" })).toBeUndefined();
});

/** One that sends the head of the object, and then what `send` sends. */
const sending = (send: (response: ServerResponse) => void, headers: object = {}) =>
  placeAt(
    (_, response) => {
      response.writeHead(200, { ...WHOLE, ...headers });
      send(response);
    },
    { responseTimeoutMs: 300 },
  );

it.each([
  ["is cut", (response: ServerResponse) => response.write("abc", () => response.destroy())],
  ["stands still", (response: ServerResponse) => response.write("abc")],
])("gives a body that errors when it %s", async (_, send) => {
  const body = await (await sending(send)).open(object, undefined, signal);
  await expect(buffer(body)).rejects.toMatchObject({ name: "BackendError", fault: "unavailable" });
});

it("gives a body that errors when nobody wants it any more", async () => {
  const stop = new AbortController();
  const body = await (await sending((response) => response.write("abc"))).open(object, undefined, stop.signal);
  stop.abort(new Error("enough"));
  await expect(buffer(body)).rejects.toMatchObject({ name: "BackendError", cause: { message: "enough" } });
});

it.each([
  ["absent", { etag: '"other"' }],
  ["corrupt", { "content-length": "7" }],
])("gives no body: %s %j", async (fault, headers) => {
  const place = await sending((response) => response.end("1234567"), headers);
  await expect(place.open(object, undefined, signal)).rejects.toMatchObject({ fault });
});

it("asks for the object that was found, and for no other", async () => {
  const place = await placeAt(({ headers }, response) => {
    const isIt = headers["if-match"] === `"${ETAG}"` && headers["range"] === "bytes=2-3";
    response.writeHead(isIt ? 412 : 500).end(error("PreconditionFailed"));
  });
  await expect(place.open(object, { first: 2, last: 3 }, signal)).rejects.toMatchObject({ fault: "absent" });
});

const listed = (key: string) =>
  `<Contents><Key>${key}</Key><Size>1</Size><ETag>&quot;${ETAG}&quot;</ETag>` +
  "<LastModified>2026-01-01T00:00:00.500Z</LastModified></Contents>";
const rolled = (prefix: string) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`;

it.each([
  ["out of order", `<IsTruncated>false</IsTruncated>${listed("b")}${listed("a")}`],
  ["told twice", `<IsTruncated>false</IsTruncated>${listed("a")}${listed("a")}`],
  ["without an end", listed("a")],
  ["not whole", `<IsTruncated>false</IsTruncated><KeyCount>2</KeyCount>${listed("a")}`],
  ["without a size", "<IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>"],
  ["not rolled up", `<IsTruncated>false</IsTruncated>${listed("a/b")}`],
  ["of no common prefix", `<IsTruncated>false</IsTruncated>${rolled("a")}`],
  ["empty and truncated", "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"],
])("believes no page that is %s", async (_, text) => {
  const place = await placeAt((_, response) => response.end(`<ListBucketResult>${text}</ListBucketResult>`));
  await expect(place.list(page)).rejects.toMatchObject({ fault: "corrupt" });
});

it("does not go round with a service that knows no start", async () => {
  const told = `<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>${listed("a")}`;
  const place = await placeAt((_, response) => response.end(`<ListBucketResult>${told}</ListBucketResult>`));
  expect(await place.list(page)).toMatchObject({ truncated: true, next: "a" });
  await expect(place.list({ ...page, after: "a" })).rejects.toMatchObject({ fault: "corrupt" });
});

it("takes keys outside of the prefix for a contradiction", async () => {
  const told = `<IsTruncated>false</IsTruncated>${listed("a")}`;
  const place = await placeAt((_, response) => response.end(`<ListBucketResult>${told}</ListBucketResult>`));
  await expect(place.list({ ...page, prefix: "b" })).rejects.toMatchObject({ fault: "corrupt" });
});

describeWith(["minio"], "An old place that goes away", () => {
  it("is not available, and is again", async () => {
    await using minio = await startMinio({ buckets: ["old"] });
    const { url: endpoint, accessKeyId, secretAccessKey } = minio;
    const place = await openOldPlace({ name: "past", endpoint, bucket: "old", accessKeyId, secretAccessKey });
    expect(await place.find("k")).toBeUndefined();
    await minio.kill();
    await expect(place.find("k")).rejects.toMatchObject({ fault: "unavailable" });
    await expect(place.list(page)).rejects.toMatchObject({ fault: "unavailable" });
    await expect(place.open(object, undefined, signal)).rejects.toMatchObject({ fault: "unavailable" });
    await minio.restart();
    expect(await place.list(page)).toEqual({ entries: [], truncated: false, next: undefined });
    await place.close();
  });
});
