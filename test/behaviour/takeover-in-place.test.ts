// What is deleted in a bucket that takes over a backend's own, before it was adopted.
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { startTestGateway } from "../support/gateway.ts";

vi.setConfig({ testTimeout: 60_000 });
const DAY_MS = 86_400_000;
const Bucket = "photos";

async function openInPlace() {
  const store = await startFaultyS3();
  const s3 = { kind: "s3", bucket: "blobs", prefix: "own/", adopts: true, accessKeyId: "AK", secretAccessKey: "SK" };
  const adopting = { ...s3, kind: "s3", name: "a", region: "a", endpoint: store.endpoint } as const;
  const gateway = await startTestGateway({ backends: [adopting, { kind: "memory", name: "b", region: "b" }] });
  const { buckets } = gateway.gateway.metadata;
  await gateway.s3.send(new CreateBucketCommand({ Bucket }));
  const takesOver = { service: "a", bucket: "blobs", inPlace: true } as const;
  await buckets.updateSettings((await buckets.find(Bucket))?.id ?? 0, (settings) => ({ ...settings, takesOver }));
  const read = (Key: string) => gateway.s3.send(new GetObjectCommand({ Bucket, Key }));
  const remove = (Key: string, more: object = {}) => gateway.s3.send(new DeleteObjectCommand({ Bucket, Key, ...more }));
  return {
    ...{ store, gateway, read, remove },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

it("is adopted first, and so deleted there after the grace", async () => {
  await using s = await openInPlace();
  s.store.keep("doomed", Buffer.from("old"));
  await s.remove("doomed");
  await expect(s.read("doomed")).rejects.toMatchObject({ name: "NoSuchKey" });
  expect(s.store.objects.has("doomed")).toBe(true);
  for (let day = 0; day < 3; day += 1) {
    s.gateway.clock.advance(DAY_MS);
    await s.gateway.gateway.upkeep.runDue();
  }
  expect(s.store.objects.has("doomed")).toBe(false);
});

it("is not listed while its grace lasts, also when the takeover ends and begins anew", async () => {
  await using s = await openInPlace();
  for (const key of ["doomed", "kept", "k".repeat(600)]) s.store.keep(key, Buffer.from(key));
  await s.read("kept");
  await s.remove("doomed");
  const { buckets, takeovers } = s.gateway.gateway.metadata;
  await takeovers.forget((await buckets.find(Bucket))?.id ?? 0);
  const { Contents = [] } = await s.gateway.s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents.map(({ Key }) => Key)).toEqual(["kept", "k".repeat(600)].sort());
  await expect(s.read("doomed")).rejects.toMatchObject({ name: "NoSuchKey" });
});

it("counts as deleted where nobody may read it, and stays there; on a condition nobody can tell", async () => {
  await using s = await openInPlace();
  for (const key of ["closed", "asked about"]) s.store.keep(key, Buffer.from("old"));
  const closed = s.store.script({ method: "HEAD", key: /^(closed|asked about)$/ }, { do: "status", status: 403 });
  await s.remove("closed");
  await expect(s.remove("asked about", { IfMatch: '"other"' })).rejects.toMatchObject({ name: "AccessDenied" });
  closed.remove();
  await expect(s.read("closed")).rejects.toMatchObject({ name: "NoSuchKey" });
  expect(await (await s.read("asked about")).Body?.transformToString()).toBe("old");
  for (let day = 0; day < 3; day += 1) {
    s.gateway.clock.advance(DAY_MS);
    await s.gateway.gateway.upkeep.runDue();
  }
  expect(s.store.objects.get("closed")?.bytes.toString()).toBe("old");
});
