// An inventory over real stores, and nothing but it: what was cut or deleted behind the gateway's back is made anew,
// what nobody knows is gone after the grace.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { openBackend } from "../../src/backends/kinds.ts";
import { startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { openRig, type Rig } from "../support/rig.ts";
import { DAY, HOUR, pass } from "../upkeep/repair-support.ts";

vi.setConfig({ testTimeout: 60_000 });

const verifiedOn = async (rig: Rig, key: string) =>
  (await rig.blobOf(key)).replicas.flatMap(({ backend, state }) => (state === "verified" ? [backend] : []));

async function expectWhole(rig: Rig, key: string): Promise<void> {
  const { storageKey, size, etag } = await rig.blobOf(key);
  expect([...(await verifiedOn(rig, key))].sort()).toEqual(["a", "b"]);
  for (const name of ["a", "b"]) expect(await rig.backend(name).stat(storageKey)).toEqual({ size, etag });
}

it("makes a file that was cut on a disk anew, also one of an object in parts", async () => {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-inventory-"));
  const backends = await Promise.all(
    ["a", "b"].map((name) =>
      openBackend({ kind: "disk", name, region: name, directory: join(root, name), durable: false }),
    ),
  );
  {
    await using rig = await openRig({ backends, graceMs: DAY });
    await rig.put("whole", randomBytes(300_000));
    const upload = await rig.startUpload("parts");
    await rig.uploadPart(upload, 1, randomBytes(5 * 1024 ** 2));
    await rig.uploadPart(upload, 2, randomBytes(1000));
    await rig.completeUpload(upload);
    await rig.upkeep.runDue();
    const pathOf = async (name: string, key: string) => join(root, name, "data", (await rig.blobOf(key)).storageKey);
    await truncate(await pathOf("a", "whole"), 1000);
    await truncate(join(`${await pathOf("b", "parts")}.parts`, "manifest"), 10);
    await pass(rig, rig.upkeep, DAY, HOUR);
    for (const key of ["whole", "parts"]) await expectWhole(rig, key);
    expect(rig.metadata.jobs.finished.get("copy")).toBe(2);
  }
  await rm(root, { recursive: true });
});

describeWith(["minio"], "an inventory of a MinIO", () => {
  it("finds an object that somebody deleted, and deletes what nobody knows", async () => {
    await using a = await startMinio();
    await using b = await startMinio();
    const open = (name: string, { url, accessKeyId, secretAccessKey }: typeof a) =>
      openBackend({
        ...{ kind: "s3", name, region: name, endpoint: url, bucket: "bytes", prefix: "of/", createBucket: true },
        ...{ accessKeyId, secretAccessKey, replayedHeaders: "tolerate" },
      });
    await using rig = await openRig({ backends: [await open("a", a), await open("b", b)], graceMs: DAY });
    for (const key of ["one", "two"]) await rig.put(key, randomBytes(20_000));
    const at = (name: string) => ({ Bucket: "bytes", Key: `of/${name}` });
    const { storageKey } = await rig.blobOf("one");
    await a.s3.send(new DeleteObjectCommand(at(storageKey)));
    await b.s3.send(new PutObjectCommand({ ...at("blobs/ab/stray"), Body: "stray" }));
    await b.s3.send(new CreateMultipartUploadCommand(at("blobs/ab/stray")));
    await b.s3.send(new PutObjectCommand({ ...at("theirs"), Body: "not ours" }));
    await pass(rig, rig.upkeep, DAY);
    await expectWhole(rig, "one");
    expect(await rig.metadata.quarantine.list("b", 10)).toMatchObject([{ storageKey: "blobs/ab/stray", size: 5 }]);
    await pass(rig, rig.upkeep, DAY, HOUR);
    const left = (await b.s3.send(new ListObjectsV2Command({ Bucket: "bytes" }))).Contents?.map(({ Key }) => Key);
    const known = [storageKey, (await rig.blobOf("two")).storageKey].map((key) => `of/${key}`).sort();
    expect(left?.filter((key) => !key?.startsWith("of/nearbucket-"))).toEqual([...known, "of/theirs"]);
    expect((await b.s3.send(new ListMultipartUploadsCommand({ Bucket: "bytes" }))).Uploads ?? []).toEqual([]);
  });
});
