// Listings that begin anywhere, of a MinIO whose names lie awkwardly: many of them come before a folder that they begin
// like. Asked for what follows a key of that folder, it counts these against the page, and says that the bucket ends.
import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { adoptedKey } from "../../../src/backends/adopted-key.ts";
import { AdoptableBucket } from "../../../src/backends/s3/adoptable-bucket.ts";
import { S3Backend } from "../../../src/backends/s3/backend.ts";
import { listBucket } from "../../../src/backends/s3/listing.ts";
import type { S3BackendOptions } from "../../../src/backends/s3/options.ts";
import { compareBytes } from "../../../src/backends/s3/steps.ts";
import { type Minio, startMinio } from "../../support/minio.ts";
import { describeWith } from "../../support/programs.ts";

const OWN = "own/";
const numbered = (start: string, count: number) =>
  Array.from({ length: count }, (_, at) => start + String(at).padStart(4, "0"));
const KEYS = [
  ...numbered("own-", 100),
  ...numbered("own/blobs/ab-", 80),
  ...numbered("own/blobs/ab/", 20),
  ...["own/blobs/ab0", "own/blobs/ac/1", "own/blobs/ac/2", "own0"],
  ...numbered("p-", 900),
  ...numbered("p/", 1300),
  ...["p/1300/x-1", "p/1300/x/1", "p/1300/x0", "p0", "p1/1"],
].sort(compareBytes);
const THEIRS = KEYS.filter((key) => !key.startsWith(OWN));

const after = (keys: readonly string[], start: string) => keys.filter((key) => compareBytes(key, start) > 0);

async function keysOf(listing: AsyncIterable<{ readonly key: string }>): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
}

describeWith(["minio"], "A listing of MinIO", () => {
  let minio: Minio;
  let options: S3BackendOptions;
  const range = { backend: "far", bucket: "photos", prefix: "" };

  beforeAll(async () => {
    minio = await startMinio({ buckets: ["photos"] });
    const { url: endpoint, accessKeyId, secretAccessKey } = minio;
    options = {
      ...{ name: "far", region: "here", endpoint, bucket: "photos", prefix: OWN, adopts: true },
      ...{ accessKeyId, secretAccessKey, replayedHeaders: "strict" },
    };
    const left = [...KEYS];
    const put = async () => {
      for (let Key = left.pop(); Key !== undefined; Key = left.pop())
        await minio.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: "x" }));
    };
    await Promise.all(Array.from({ length: 32 }, put));
  }, 120_000);
  afterAll(() => minio[Symbol.asyncDispose]());

  it("ends early for a start in a folder, which is why none is made", async () => {
    const { Contents, IsTruncated } = await minio.s3.send(
      new ListObjectsV2Command({ Bucket: "photos", StartAfter: "p/0000" }),
    );
    expect([IsTruncated, (Contents?.length ?? 0) < 1000]).toEqual([false, true]);
  });

  it.each([
    ...["a", "own-0050", "own/blobs/ab/0010", "own/\u{10FFFF}", "own0", "p", "p-", "p-0500", "p-0899", "p/", "p/0000"],
    ...["p/0700", "p/1299", "p/1300/", "p/1300/x-1", "p/1300/x/1", "p/1300/x0", "p/none", "p0", "p0/", "p1/1", "q"],
  ])("is whole after %j", async (start) => {
    expect(await keysOf(listBucket(minio.s3, { ...range, after: start }))).toEqual(after(KEYS, start));
    const adoptable = new AdoptableBucket(options);
    expect(await keysOf(adoptable.list("", start))).toEqual(after(THEIRS, start));
    adoptable.close();
  });

  it("is whole below a prefix", async () => {
    for (const [prefix, start] of [
      ["p", "p/0700"],
      ["p", "p/1300/x/1"],
      ["p/", "p/0700"],
      ["p/1", "p/1300/x/1"],
      ["p/", "a"],
      ["p/", "p"],
      ["p/", "p0"],
    ] as const)
      expect(await keysOf(listBucket(minio.s3, { ...range, prefix, after: start }))).toEqual(
        after(KEYS, start).filter((key) => key.startsWith(prefix)),
      );
  });

  it("is whole from the beginning, and around the own prefix", async () => {
    expect(await keysOf(listBucket(minio.s3, range))).toEqual(KEYS);
    const adoptable = new AdoptableBucket(options);
    expect(await keysOf(adoptable.list(""))).toEqual(THEIRS);
    expect(await keysOf(adoptable.listKeys())).toEqual(THEIRS.map((key) => adoptedKey("far", key)));
    const start = adoptedKey("far", "p/0700");
    expect(await keysOf(adoptable.listKeys(start))).toEqual(
      after(THEIRS, "p/0700").map((key) => adoptedKey("far", key)),
    );
    adoptable.close();
  });

  it("is whole of what a backend wrote itself", async () => {
    const backend = new S3Backend(options);
    const own = KEYS.filter((key) => key.startsWith(OWN)).map((key) => key.slice(OWN.length));
    for (const start of ["blobs/", "blobs/ab-0010", "blobs/ab/0010", "blobs/ab/0019", "blobs/ac/1", "blobs/ac/2"])
      expect(await keysOf(backend.list("blobs/", start))).toEqual(after(own, start));
    await backend.close();
  });

  it("asks once where all is on one page", async () => {
    let asked = 0;
    minio.s3.middlewareStack.add(
      (next) => (call) => {
        asked += 1;
        return next(call);
      },
      { step: "finalizeRequest", name: "counted" },
    );
    await keysOf(listBucket(minio.s3, { ...range, prefix: "own" }));
    expect(asked).toBe(1);
    minio.s3.middlewareStack.remove("counted");
  });

  it("is whole though the service forgets what its tokens mean", async () => {
    const keys: string[] = [];
    for await (const { key } of listBucket(minio.s3, range)) {
      keys.push(key);
      if (keys.length !== 1500) continue;
      await minio.kill();
      await minio.restart();
    }
    expect(keys).toEqual(KEYS);
  });
});
