// A bucket of a real service, read where it stands: MinIO, and a gateway, which takes any key as AWS does.
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openOldPlace } from "../../../src/backends/kinds.ts";
import type { OldListing, OldObject, OldPage, OldPlace } from "../../../src/backends/old-place.ts";
import { startTestGateway } from "../../support/gateway.ts";
import { startMinio } from "../../support/minio.ts";
import { describeWith } from "../../support/programs.ts";
import { type SignedFetch, signedFetch } from "../../support/sign.ts";

const KEYS = [
  ..."a|a b+c&d|a%2Fb|a+b|a-b|a/|a/1|a/2|a/b/1|a/b/2|b|c--d|c--e|c-f|folder/|ü/ö €".split("|"),
  "\uFFFD/x",
  "\u{1F600}",
  "\u{1F600}/y",
  ...["own/1", "own/2", "own/a/3", "own0", "z/own/1", "z/own/2"],
];
/** MinIO refuses these, or cannot have them beside the others. */
const MORE = ["/", "/leading", "a//b", "a/../b", "..", "\u0001", "\u0001/\u0002", "a/\u{10FFFF}x", "own/\u{10FFFF}"];

interface Service extends AsyncDisposable {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly s3: S3Client;
}

const byteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const signal = new AbortController().signal;

/** What S3 shows, written down as plainly as possible: roll up everything, then cut. */
function expected(keys: readonly string[], { prefix, delimiter, after }: Omit<OldPage, "limit">): readonly string[] {
  const rolled = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      return at < 0 ? key : key.slice(0, at + (delimiter ?? "").length);
    });
  return [...new Set(rolled)].sort(byteOrder).filter((name) => after === undefined || byteOrder(name, after) > 0);
}

const shown = ({ entries }: OldListing) =>
  entries.map((entry) => ("object" in entry ? entry.object.key : entry.commonPrefix));

async function walk(place: OldPlace, page: OldPage): Promise<readonly string[]> {
  const told: string[] = [];
  for (let after = page.after; ; ) {
    const listing = await place.list({ ...page, after });
    const names = shown(listing);
    expect(names.length).toBeLessThanOrEqual(page.limit);
    told.push(...names);
    if (!listing.truncated) return told;
    expect([names.length > 0, listing.next]).toEqual([true, names.at(-1)]);
    after = listing.next;
  }
}

function contract(title: string, keys: readonly string[], start: () => Promise<Service>): void {
  describeWith(["minio"], title, () => {
    let service: Service;
    let place: OldPlace;
    let fetch: SignedFetch;
    const open = (hidden?: string, bucket = "old") => {
      const { url: endpoint, accessKeyId, secretAccessKey } = service;
      return openOldPlace({ name: "past", endpoint, accessKeyId, secretAccessKey, bucket, hidden });
    };
    const put = (Key: string, Body: Buffer | string, more: object = {}) =>
      service.s3.send(new PutObjectCommand({ Bucket: "old", Key, Body, ...more }));
    const found = async (key: string): Promise<OldObject> => {
      const object = await place.find(key);
      if (typeof object !== "object") throw new Error(`${key}: ${object}`);
      return object;
    };

    beforeAll(async () => {
      service = await start();
      await service.s3.send(new CreateBucketCommand({ Bucket: "old" }));
      await service.s3.send(new CreateBucketCommand({ Bucket: "other" }));
      for (const key of keys) await put(key, key.endsWith("/") ? "" : `bytes of ${key}`);
      place = await open();
      fetch = signedFetch({ endpoint: service.url, ...service });
    });
    afterAll(async () => {
      await place.close();
      await service[Symbol.asyncDispose]();
    });

    it("finds and reads every key, whatever is in it", async () => {
      for (const key of keys) {
        const object = await found(key);
        const bytes = key.endsWith("/") ? "" : `bytes of ${key}`;
        expect(object).toMatchObject({ key, size: Buffer.byteLength(bytes), attributes: { metadata: {} } });
        expect((await buffer(await place.open(object, undefined, signal))).toString()).toBe(bytes);
      }
      for (const key of ["aa", "a/b", "a//c", "a/../c", "own", "x".repeat(1024)])
        expect(await place.find(key)).toBeUndefined();
    });

    it("lists the same at every page size, with and without a delimiter, after anything", async () => {
      for (const delimiter of [undefined, "/", "--", "b"])
        for (const prefix of ["", "a/", "c-"])
          for (const after of [undefined, "a/", "a/b/1", "c-", "\u{1F600}/"]) {
            const page = { prefix, delimiter, after };
            for (const limit of after === undefined ? [1, 3, 1000] : [2])
              expect([page, limit, await walk(place, { ...page, limit })]).toEqual([page, limit, expected(keys, page)]);
          }
      for (let limit = 1; limit <= keys.length + 1; limit++) {
        const page = { prefix: "", delimiter: limit % 2 === 0 ? "/" : undefined, after: undefined };
        expect(await walk(place, { ...page, limit })).toEqual(expected(keys, page));
      }
    });

    it("lists what stands in a folder whose name begins the names of many others", async () => {
      const numbered = Array.from({ length: 80 }, (_, at) => String(100 + at));
      const wide = ["p-", "p/", "p/-", "p/q/", "p0"].flatMap((start) => numbered.map((number) => start + number));
      const client = await open(undefined, "wide");
      await service.s3.send(new CreateBucketCommand({ Bucket: "wide" }));
      for (const Key of wide) await service.s3.send(new PutObjectCommand({ Bucket: "wide", Key, Body: "" }));
      for (const [delimiter, prefix] of [
        [undefined, ""],
        [undefined, "p/"],
        ["/", ""],
        ["/", "p/"],
        ["-", ""],
      ] as const) {
        const page = { prefix, delimiter, after: undefined };
        expect(await walk(client, { ...page, limit: 50 })).toEqual(expected(wide, page));
      }
      await client.close();
    });

    it("tells an object as a listing does, with the time that a HEAD has", async () => {
      await put("told", "12345", { ContentType: "text/plain" });
      const { etag, modifiedAt } = await found("told");
      const { entries } = await place.list({ prefix: "told", delimiter: undefined, after: undefined, limit: 1 });
      const told = { key: "told", versionId: "null", size: 5, etag, modifiedAt, checksum: undefined };
      expect(entries).toEqual([{ object: { ...told, attributes: { metadata: {} } } }]);
      await service.s3.send(new DeleteObjectCommand({ Bucket: "old", Key: "told" }));
    });

    it("knows nothing of what is hidden", async () => {
      const hiding = await open("own/");
      const left = keys.filter((key) => !key.startsWith("own/"));
      expect([await hiding.find("own/1"), await hiding.find("own/none")]).toEqual([undefined, undefined]);
      expect(await hiding.find("own0")).toMatchObject({ key: "own0" });
      for (const delimiter of [undefined, "/", "w"])
        for (const prefix of ["", "o", "own/a"])
          for (const after of [undefined, "folder/", "own/1", "own/zzz"])
            for (const limit of [1, 2, 1000]) {
              const page = { prefix, delimiter, after };
              expect([page, limit, await walk(hiding, { ...page, limit })]).toEqual([
                page,
                limit,
                expected(left, page),
              ]);
            }
      await hiding.close();
    });

    it("tells a common prefix of hidden keys where others have it too", async () => {
      const page = { prefix: "", delimiter: "/", after: "ü", limit: 1000 };
      const hiding = await Promise.all(["z/own/", "z/own/1", "z/"].map((hidden) => open(hidden)));
      const told = await Promise.all(hiding.map((one) => one.list({ ...page, after: "own0" }).then(shown)));
      expect(told.map((names) => names.includes("z/"))).toEqual([false, true, false]);
      for (const one of hiding) await one.close();
    });

    it("brings metadata and tags as they were written", async () => {
      const headers = {
        ...{ "content-type": "text/plain; charset=utf-8", "cache-control": "no-cache", "content-language": "de" },
        ...{
          "content-disposition": "inline",
          "content-encoding": "identity,gzip",
          expires: "Thu, 01 Jan 2099 00:00:00 GMT",
        },
        ...{ "x-amz-meta-who": "Übung 😀", "x-amz-tagging": "year=2026&place=over%20there" },
      };
      const answer = await fetch({ method: "PUT", path: "/old/dressed", headers, body: "x" });
      expect(answer.status).toBe(200);
      // MinIO and AWS give such a value encoded to every client, and so do we.
      const who = title.endsWith("MinIO") ? "=?UTF-8?q?=C3=9Cbung_=F0=9F=98=80?=" : "Übung 😀";
      expect((await found("dressed")).attributes).toMatchObject({
        ...{ contentType: "text/plain; charset=utf-8", cacheControl: "no-cache", contentLanguage: "de" },
        ...{ contentDisposition: "inline", expires: "Thu, 01 Jan 2099 00:00:00 GMT", metadata: { who } },
        tags: [
          { key: "place", value: "over there" },
          { key: "year", value: "2026" },
        ],
      });
      await service.s3.send(new DeleteObjectCommand({ Bucket: "old", Key: "dressed" }));
    });

    it("tells the sizes of parts, and reads ranges", async () => {
      const where = { Bucket: "old", Key: "in parts" };
      const bodies = [randomBytes(6 * 1024 ** 2), randomBytes(5 * 1024 ** 2 + 1), randomBytes(10)];
      const { UploadId } = await service.s3.send(new CreateMultipartUploadCommand(where));
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (const [index, Body] of bodies.entries()) {
        const part = { UploadId, PartNumber: index + 1 };
        const { ETag } = await service.s3.send(new UploadPartCommand({ ...where, ...part, Body }));
        Parts.push({ PartNumber: index + 1, ETag });
      }
      await service.s3.send(new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: { Parts } }));
      const object = await found("in parts");
      const whole = Buffer.concat(bodies);
      expect([object.etag.slice(32), await place.partSizes(object)]).toEqual([
        "-3",
        bodies.map(({ length }) => length),
      ]);
      expect(await place.partSizes(await found("b"))).toBeUndefined();
      expect((await buffer(await place.open(object, undefined, signal))).equals(whole)).toBe(true);
      const range = { first: 6_291_450, last: 6_291_460 };
      expect(
        (await buffer(await place.open(object, range, signal))).equals(whole.subarray(range.first, range.last + 1)),
      ).toBe(true);
      await service.s3.send(new DeleteObjectCommand(where));
    });

    it("reads no bytes but those of the object that was found", async () => {
      await put("fickle", "before");
      const before = await found("fickle");
      await put("fickle", "behind");
      await expect(place.open(before, undefined, signal)).rejects.toMatchObject({ fault: "absent" });
      await expect(place.open(before, { first: 1, last: 2 }, signal)).rejects.toMatchObject({ fault: "absent" });
      await service.s3.send(new DeleteObjectCommand({ Bucket: "old", Key: "fickle" }));
      await expect(place.open(before, undefined, signal)).rejects.toMatchObject({ fault: "absent" });
    });

    it("takes a bucket that is not there for no empty one", async () => {
      const gone = await open(undefined, "gone");
      await expect(gone.find("a")).rejects.toMatchObject({ fault: "unavailable" });
      await expect(gone.list({ prefix: "", delimiter: undefined, after: undefined, limit: 1 })).rejects.toMatchObject({
        fault: "unavailable",
      });
      await expect(gone.open(await found("b"), undefined, signal)).rejects.toMatchObject({ fault: "unavailable" });
      const empty = await open(undefined, "other");
      expect(await empty.find("a")).toBeUndefined();
      expect(await walk(empty, { prefix: "", delimiter: "/", after: undefined, limit: 7 })).toEqual([]);
      await Promise.all([gone.close(), empty.close()]);
    });
  });
}

contract(
  "An old place on MinIO",
  KEYS.filter((key) => key !== "a" && !key.endsWith("\u{1F600}")),
  () => startMinio(),
);
contract("An old place on a gateway", [...KEYS, ...MORE], () => startTestGateway({ backends: 1 }));
