// How calls fare on backends and how much room they have, as operators of a running gateway see it.
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { askGateway } from "../../src/cli/ask-gateway.ts";
import { callsTable } from "../../src/cli/status-calls.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { startTestGateway } from "../support/gateway.ts";

const MIB = 1024 ** 2;

it("status and metrics tell the state, error rate and latency of reads and writes, and the room", async () => {
  await using gateway = await startTestGateway({
    backends: [
      { kind: "memory", name: "small", region: "here", sizeBytes: "2 MiB" },
      { kind: "memory", name: "large", region: "there", sizeBytes: "8 MiB" },
      { kind: "memory", name: "endless", region: "afar" },
    ],
  });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  const spaceOf = (name: string) => gateway.gateway.fleet.get(name)?.space;
  await expect.poll(() => spaceOf("large")).toEqual({ free: 8 * MIB, total: 8 * MIB });
  for (let n = 0; n < 6; n++)
    await gateway.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: `${n}`, Body: Buffer.alloc(MIB, n) }));
  // One fits at most: the second would leave less than the reserve.
  expect(spaceOf("small")?.free).toBeGreaterThanOrEqual(MIB);
  const begun = spaceOf("large")?.free ?? 0;
  expect(begun).toBeLessThan(8 * MIB);

  const { status } = await askGateway({
    admin: { networks: [] },
    listen: { host: "127.0.0.1", port: gateway.port },
    tls: undefined,
  });
  const large = status?.backends.find(({ name }) => name === "large");
  expect(large).toMatchObject({
    reads: { state: "closed", failingSince: undefined },
    writes: { state: "closed", errorRate: 0, latencyMs: expect.any(Number) },
    space: { free: begun, total: 8 * MIB },
  });
  expect(status?.backends.find(({ name }) => name === "endless")?.space).toBeUndefined();

  const metrics = await (await fetch(`${gateway.url}/-/metrics`)).text();
  for (const line of [
    'nearbucket_breaker_open{backend="small",operation="read"} 0',
    'nearbucket_breaker_open{backend="large",operation="write"} 0',
    'nearbucket_backend_error_ratio{backend="large",operation="write"} 0',
    `nearbucket_backend_free_bytes{backend="large"} ${begun}`,
    `nearbucket_backend_size_bytes{backend="large"} ${8 * MIB}`,
  ])
    expect(metrics).toContain(line);
  expect(metrics).toMatch(/^nearbucket_backend_operation_latency_seconds\{backend="large",operation="write"\} 0\.\d+/m);

  // A count of the database says the same.
  gateway.gateway.fleet.setUsed(new Map());
  expect(spaceOf("large")?.free).toBe(8 * MIB);
  gateway.clock.advance(300_001);
  await fetch(`${gateway.url}/-/metrics`);
  await expect.poll(() => spaceOf("large")?.free).toBe(begun);
});

it("metrics tell which copy answered the reads that asked for two", async () => {
  await using a = await startFaultyS3();
  await using b = await startFaultyS3();
  const config = { kind: "s3", bucket: "blobs", accessKeyId: "key", secretAccessKey: "secret" } as const;
  await using gateway = await startTestGateway({
    backends: [
      { ...config, name: "a", region: "here", endpoint: a.endpoint, replayedHeaders: "tolerate" },
      { ...config, name: "b", region: "there", endpoint: b.endpoint, replayedHeaders: "tolerate" },
    ],
  });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  await gateway.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "a blob" }));
  const outcomes = async () => {
    const text = await (await fetch(`${gateway.url}/-/metrics`)).text();
    const lines = text.matchAll(/^nearbucket_hedged_reads_total\{outcome="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
  };
  expect(await outcomes()).toEqual({ first: 0, second: 0, neither: 0, refused: 0 });
  const held = [a, b].map((store) => store.script({ method: "GET", key: /^blobs\// }, { do: "hold" }));
  const read = gateway.s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "key" }));
  const first = await Promise.race(held.map(({ met }, index) => met.then(() => index)));
  const second = held[1 - first];
  await second?.met;
  second?.release();
  expect(await (await read).Body?.transformToString()).toBe("a blob");
  expect(await outcomes()).toEqual({ first: 0, second: 1, neither: 0, refused: 0 });
  held[first]?.release();
});

it("the table of calls shows since when a backend is avoided", () => {
  const now = new Date("2030-01-01T12:00:00");
  const since = new Date("2030-01-01T11:58:00");
  const calm = { state: "closed", failingSince: undefined, errorRate: undefined, latencyMs: undefined } as const;
  const known = {
    name: "amsterdam",
    region: "amsterdam",
    state: "attached",
    isConfigured: true,
    draining: false,
    up: true,
    writable: true,
    why: undefined,
    identity: undefined,
    seenAt: undefined,
    lostSince: undefined,
    latencyMs: undefined,
    recentErrors: 0,
    scrubbedSince: undefined,
    inventory: undefined,
    replicas: 0,
    bytes: 0,
    onlyHere: { blobs: 0, objects: 0, bytes: 0 },
    lostReplicas: 0,
    safeToLose: true,
  } as const;
  const rows = [
    {
      ...known,
      reads: calm,
      writes: { state: "open", failingSince: since, errorRate: 0.625, latencyMs: 12.4 },
      space: { free: MIB, total: 4 * MIB },
    },
    { ...known, name: "b", reads: undefined, writes: undefined, space: undefined },
  ] as const;
  expect(callsTable(rows, now)).toEqual([
    [
      "CALLS TO   READS  FAILED  FIRST BYTE  WRITES               FAILED  DONE AFTER  FREE",
      "amsterdam  ok          -           -  avoided since 11:58    63 %       12 ms  1.0 MiB of 4.0 MiB",
    ].join("\n"),
  ]);
  expect(callsTable(rows.slice(1), now)).toEqual([]);
});
