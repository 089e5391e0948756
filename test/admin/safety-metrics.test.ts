// The metrics of what is safe, read from a running gateway over disks, one of which goes away.
import { mkdtemp, rename } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

async function readMetrics(url: string) {
  const text = await (await fetch(`${url}/-/metrics`)).text();
  const values = [...text.matchAll(/^(nearbucket_\S+) (\S+)$/gm)].map(
    (match) => [match[1] ?? "", Number(match[2])] as const,
  );
  return new Map(values);
}

it("tell within a moment that objects are at risk, count in the background and count what fails", async () => {
  const disks = await mkdtemp(join(await temporaryDirectory(), "disks-"));
  await using gateway = await startTestGateway({
    backends: ["amsterdam", "toronto"].map((name) => ({
      kind: "disk",
      name,
      region: name,
      directory: join(disks, name),
    })),
    config: { cache: { bytes: 0 } },
  });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  for (const Key of ["cat", "cat again"])
    await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: "a cat" }));
  const value = async (name: string) => (await readMetrics(gateway.url)).get(name);
  // Counted at the start, and again when that is ten seconds old.
  expect(await value('nearbucket_objects{state="stored"}')).toBe(0);
  gateway.clock.advance(10_000);
  await expect.poll(() => value('nearbucket_objects{state="stored"}')).toBe(2);
  expect(await readMetrics(gateway.url)).toSatisfy((metrics: Map<string, number>) =>
    Object.entries({
      'nearbucket_object_bytes{state="stored"}': 5,
      'nearbucket_objects{state="at-risk"}': 0,
      'nearbucket_backend_only_here_objects{backend="amsterdam"}': 0,
      'nearbucket_backend_replicas{backend="toronto"}': 1,
      'nearbucket_backend_bytes{backend="toronto"}': 5,
    }).every(([name, expected]) => metrics.get(name) === expected),
  );

  await rename(join(disks, "toronto"), join(disks, "elsewhere"));
  await expect.poll(() => value('nearbucket_objects{state="at-risk"}'), { timeout: 15_000 }).toBe(2);
  expect(await value('nearbucket_backend_only_here_objects{backend="amsterdam"}')).toBe(2);
  expect(await value('nearbucket_objects{state="lost"}')).toBe(0);

  await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "dog", Body: "a dog" })).catch(() => undefined);
  expect(await value('nearbucket_objects{state="stored"}')).toBe(2);
  const counted = await value("nearbucket_objects_counted_timestamp_seconds");
  gateway.clock.advance(300_000);
  await expect.poll(() => value("nearbucket_objects_counted_timestamp_seconds")).toBeGreaterThan(counted ?? 0);
});

it("tell how long ago the scrub read, and what it found", async () => {
  await using gateway = await startTestGateway({ backends: 2 });
  const value = async (name: string) => (await readMetrics(gateway.url)).get(name);
  expect(await value('nearbucket_scrub_oldest_seconds{backend="store-1"}')).toBeUndefined();
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "cat", Body: "a cat" }));
  gateway.clock.advance(3_600_000);
  expect(await value('nearbucket_scrub_oldest_seconds{backend="store-1"}')).toBeCloseTo(3600, -1);
  gateway.clock.advance(29 * 86_400_000);
  await expect.poll(() => value('nearbucket_scrub_oldest_seconds{backend="store-1"}')).toBeLessThan(60);
  expect(await value('nearbucket_scrubbed_replicas_total{backend="store-1",outcome="good"}')).toBe(1);
  expect(await value('nearbucket_scrubbed_bytes_total{backend="store-1"}')).toBe(5);
});

it("count the failures of a backend that requests met, and the jobs that were finished", async () => {
  await using gateway = await startTestGateway({ backends: 2 });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "cat", Body: "a cat" }));
  const { found } = await gateway.gateway.metadata.objects.find("photos", "cat");
  const store = gateway.gateway.fleet.get("store-1")?.backend;
  await store?.delete(found?.blob.storageKey ?? "");
  await gateway.gateway.fleet.get("store-2")?.backend.delete(found?.blob.storageKey ?? "");
  await gateway.s3.send(new GetObjectCommand({ Bucket: "photos", Key: "cat" })).catch(() => undefined);
  const metrics = await readMetrics(gateway.url);
  expect(metrics.get('nearbucket_backend_errors_total{backend="store-1",fault="absent"}')).toBe(1);
  await expect
    .poll(async () => [...(await readMetrics(gateway.url)).keys()].filter((name) => name.includes("jobs_finished")))
    .toContain('nearbucket_jobs_finished_total{kind="reclaim"}');
});
