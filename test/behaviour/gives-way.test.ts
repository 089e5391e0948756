// A whole gateway: its copies are slow while a client waits. Only the least time is looked at, which holds on any
// machine.
import { randomBytes } from "node:crypto";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import type { Blob } from "../../src/model.ts";
import { startTestGateway } from "../support/gateway.ts";
import { openRaw } from "../support/raw.ts";
import { prepare } from "../support/sign.ts";

const MIB = 1024 * 1024;

it("copies at an eighth of the rate while a request is under way", async () => {
  await using gateway = await startTestGateway({ config: { repair: { bytesPerSecond: "32 MiB" } } });
  const { metadata, upkeep } = gateway.gateway;
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  const blobs: Blob[] = [];
  for (let at = 0; at < 16; at++) {
    await gateway.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: `${at}`, Body: randomBytes(MIB / 2) }));
    const blob = (await metadata.objects.find("bucket", `${at}`)).found?.blob;
    if (blob !== undefined) blobs.push(blob);
  }

  const { method, target, headers } = prepare(
    { ...gateway, endpoint: gateway.url },
    { method: "PUT", path: "/bucket/waits", payload: "unsigned", contentLength: MIB },
  );
  const raw = await openRaw(gateway.port);
  const lines = [...headers.map(([name, value]) => `${name}: ${value}`), "expect: 100-continue"];
  await raw.send([`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
  await raw.until(/^HTTP\/1\.1 100 /);

  const begun = performance.now();
  // Each of them adds a copy job.
  for (const { id, replicas, storageKey } of blobs)
    await metadata.blobs.setReplica(id, replicas[0]?.backend ?? "", "lost", storageKey);
  await upkeep.runDue();
  const took = performance.now() - begun;
  const copied = await Promise.all(blobs.map(({ id }) => metadata.blobs.find(id)));
  const good = copied.map((blob) => blob?.replicas.filter(({ state }) => state === "verified").length);
  expect(good).toEqual(Array.from({ length: 16 }, () => 2));
  // 8 MiB at 4 MiB/s, and not at 32.
  expect(took).toBeGreaterThan(1000);
  raw.socket.destroy();
});
