// What a bucket tells of the objects in it decides whether they can be adopted. The service is scripted: a MinIO knows
// no archive, and takes customers' keys by TLS only.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { AdoptableBucket } from "../../../src/backends/s3/adoptable-bucket.ts";

const ETAG = "d41d8cd98f00b204e9800998ecf8427e";
const at = (etag: string, size = 3) => ({ key: "k", size, etag, modifiedAt: new Date(0) });

/** A service that answers each HEAD so; with `partNumber` as `part` and `partStatus` say. */
async function bucketOf(
  status: number,
  headers: Record<string, string>,
  part: Record<string, string> = {},
  partStatus = status,
) {
  const server = createServer((request, response) => {
    const isPart = request.url?.includes("partNumber") === true;
    const all = { "content-length": "3", etag: `"${ETAG}"`, ...headers, ...(isPart && part) };
    response.writeHead(isPart ? partStatus : status, all).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const bucket = new AdoptableBucket({
    ...{ name: "s", region: "here", endpoint: `http://127.0.0.1:${port}`, bucket: "b", prefix: "own/", adopts: true },
    ...{ accessKeyId: "AK", secretAccessKey: "SK", replayedHeaders: "strict" },
  });
  onTestFinished(() => bucket.close());
  return bucket;
}

it.each([
  ["gone", 404, {}],
  ["unreadable", 403, {}],
  ["encrypted", 400, {}],
  ["encrypted", 200, { "x-amz-server-side-encryption": "aws:kms" }],
  ["encrypted", 200, { "x-amz-server-side-encryption": "aws:kms:dsse" }],
  ["encrypted", 200, { "x-amz-server-side-encryption-customer-algorithm": "AES256" }],
  ["archived", 200, { "x-amz-storage-class": "GLACIER" }],
  ["archived", 200, { "x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": 'ongoing-request="false"' }],
  ["archived", 200, { "x-amz-storage-class": "INTELLIGENT_TIERING", "x-amz-archive-status": "ARCHIVE_ACCESS" }],
  ["changed", 200, { etag: `"${ETAG.replace("d", "e")}"` }],
  ["changed", 200, { "content-length": "4" }],
])("leaves an object alone that is %s: %i %j", async (reason, status, headers) => {
  expect(await (await bucketOf(status, headers)).describe(at(ETAG))).toBe(reason);
});

it("fails where the service does not answer, so that the run can go on later", async () => {
  await expect((await bucketOf(503, {})).describe(at(ETAG))).rejects.toMatchObject({ fault: "unavailable" });
});

it("leaves alone what no copy could be compared with", async () => {
  const [random, parts] = ["0123456789abcdef", `${ETAG}-2`];
  expect(await (await bucketOf(200, { etag: random })).describe(at(random))).toBe("unproven");
  // It knows no part numbers, and answers for the whole.
  expect(await (await bucketOf(200, { etag: parts })).describe(at(parts))).toBe("parts");
  // There are gaps in its numbers.
  for (const status of [400, 416])
    expect(await (await bucketOf(200, { etag: parts }, {}, status)).describe(at(parts)), `${status}`).toBe("parts");
});

it("takes all that a write could have set", async () => {
  const bucket = await bucketOf(
    200,
    {
      ...{ etag: `"${ETAG}-2"`, "content-length": "6", "content-type": "text/plain", "cache-control": "no-cache" },
      ...{ "content-disposition": "inline", "content-encoding": "gzip", "content-language": "de", expires: "0" },
      ...{ "x-amz-storage-class": "STANDARD_IA", "x-amz-website-redirect-location": "/there" },
      ...{ "x-amz-meta-name": Buffer.from("Übung").toString("latin1") },
      "x-amz-server-side-encryption": "AES256",
    },
    { "content-length": "3" },
  );
  expect(await bucket.describe(at(`${ETAG}-2`, 6))).toEqual({
    ...at(`${ETAG}-2`, 6),
    partSizes: [3, 3],
    attributes: {
      ...{ contentType: "text/plain", cacheControl: "no-cache", contentDisposition: "inline", contentEncoding: "gzip" },
      ...{ contentLanguage: "de", expires: "0", storageClass: "STANDARD_IA", websiteRedirectLocation: "/there" },
      metadata: { name: "Übung" },
    },
  });
});
