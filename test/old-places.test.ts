// Which buckets can be taken over, by the name of their service: a backend's blobs are nobody's old objects.
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { BackendConfig } from "../src/backends/kinds.ts";
import { type Metadata, openMetadata } from "../src/metadata/metadata.ts";
import { openOldPlaces } from "../src/old-places.ts";
import { makeCa } from "./support/certificates.ts";
import { type FaultyS3, startFaultyS3 } from "./support/faulty-s3.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

const key = { accessKeyId: "AK", secretAccessKey: "SK", signingRegion: "us-east-1", forcePathStyle: true };
const page = { prefix: "", delimiter: undefined, after: undefined, limit: 10 };

let store: FaultyS3;
let metadata: Metadata;
beforeEach(async () => {
  store = await startFaultyS3();
  const file = join(await temporaryDirectory(), "metadata.sqlite");
  metadata = await openMetadata({
    ...{ engine: { kind: "sqlite", file, durable: false }, now: () => new Date(), graceMs: 1, cacheRows: 0 },
  });
  for (const name of ["own/blobs/ab/1", "theirs"]) store.keep(name, Buffer.from(name));
});
afterEach(async () => {
  await metadata.close();
  await store[Symbol.asyncDispose]();
});

function places(prefix: string, more: { readonly adopts?: boolean } = {}) {
  const { endpoint } = store;
  const far = { kind: "s3", name: "far", region: "here", bucket: "blobs", endpoint, prefix, ...key, ...more } as const;
  const declared: BackendConfig[] = [
    { ...far, replayedHeaders: "auto" },
    { kind: "memory", name: "memory", region: "here" },
  ];
  return openOldPlaces([{ name: "old", endpoint, ...key }], metadata, () => declared);
}

it("shows nothing of what a backend has below its prefix, by whatever name its service is called", async () => {
  const opened = places("own/");
  for (const service of ["far", "old"]) {
    const { entries } = await (await opened.open({ service, bucket: "blobs" })).list(page);
    expect(entries, service).toMatchObject([{ object: { key: "theirs" } }]);
  }
  await opened.close();
});

it("adopts nothing where another store stands than the one that was registered", async () => {
  const opened = places("own/", { adopts: true });
  const old = { service: "far", bucket: "blobs" };
  await expect(opened.adopting(old)).rejects.toThrow("far is not registered");
  await metadata.backends.register("far", "another");
  await expect(opened.adopting(old)).rejects.toMatchObject({ fault: "absent" });
  await opened.close();
});

it("opens no bucket that has a backend's blobs everywhere, and none of what is no service", async () => {
  const opened = places("");
  for (const service of ["far", "old"])
    await expect(opened.open({ service, bucket: "blobs" })).rejects.toThrow("in blobs stand the blobs of far");
  const bucket = "photos";
  await expect(opened.open({ service: "memory", bucket })).rejects.toThrow("memory is no S3 service");
  await expect(opened.open({ service: "other", bucket })).rejects.toThrow("names no source and no backend other");
  await expect(opened.adopting({ service: "other", bucket })).rejects.toThrow("other adopts nothing");
  await expect(opened.adopting({ service: "far", bucket })).rejects.toThrow("the bucket of far is blobs");
  await metadata.backends.register("far", "another");
  await expect(opened.adopting({ service: "far", bucket: "blobs" })).rejects.toThrow("far adopts nothing");
  await opened.close();
});

it("tries again what could not be opened", async () => {
  const directory = await temporaryDirectory();
  const caFile = join(directory, "ca.pem");
  const source = { name: "old", endpoint: "https://127.0.0.1:1", ...key, caFile };
  const opened = openOldPlaces([source], metadata, () => []);
  const open = () => opened.open({ service: "old", bucket: "photos" });
  await expect(open()).rejects.toThrow("there is no such file");
  const ca = await makeCa(directory, "another");
  await copyFile(ca.file, caFile);
  expect(await open()).toBe(await open());
  await opened.close();
});
