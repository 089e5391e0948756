// The last weeks, as one real gateway counted and wrote them down.
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { apiClient } from "../support/api.ts";
import { startOverDisks } from "./over-disks.ts";

const MINUTE = 60_000;

it("tells what was asked of the gateway, and what was stored at the end", async () => {
  await using place = await startOverDisks(["a", "b"]);
  await place.store("photo", "three words here");
  await (
    await place.gateway.s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "photo" }))
  ).Body?.transformToString();
  await place.gateway.fetch({ path: "/bucket/nothing" });
  place.gateway.clock.advance(5 * MINUTE);
  const history = async () => (await place.call("GET", "/history", { query: { hours: "1" } })).document;
  await vi.waitFor(async () => expect((await history()).samples).toHaveLength(1), 10_000);
  const { stepSeconds, samples } = await history();
  expect(stepSeconds).toBe(300);
  // What is asked of the API is not counted.
  expect(samples[0]).toMatchObject({
    ...{ objects: 1, logicalBytes: 16, uniqueBytes: 16, storedBytes: 32, underReplicated: 0 },
    ...{ requests: 4, errors: 0, latencyMs: { p50: expect.any(Number), p99: expect.any(Number) } },
    families: { "aws-sdk-js-v3": { redirected: { requests: 0 }, proxied: { requests: 1, bytes: 16 } } },
  });
  expect(samples[0].receivedBytes).toBeGreaterThan(1000);
});

it("forgets what is older than 31 days", async () => {
  await using place = await startOverDisks(["a"]);
  const { metadata, upkeep } = place.gateway.gateway;
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * MINUTE);
  for (const days of [31.1, 30.9]) await metadata.history.add({ at: daysAgo(days), gateway: "other", sample: "{}" });
  await metadata.jobs.add({ kind: "stale-uploads" });
  await upkeep.runDue();
  await vi.waitFor(async () => expect(await metadata.history.since(new Date(0))).toHaveLength(1), 10_000);
});

it("takes no more than 31 days, and none but operators", async () => {
  await using place = await startOverDisks(["a"]);
  expect((await place.call("GET", "/history", { query: { hours: "745" } })).document.errors[0].pointer).toBe("/hours");
  const other = apiClient(place.gateway, await place.gateway.addAccount("other"));
  expect((await other("GET", "/history")).status).toBe(403);
});
