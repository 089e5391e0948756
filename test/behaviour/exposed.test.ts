// A gateway that anybody can reach: thousands of stalled connections cost it little memory and do not slow down other
// clients.
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { prepare, type SignedFetch, signedFetch, type TestRequest } from "../support/sign.ts";
import { startStallingClients } from "../support/stalling-clients.ts";

const MIB = 1024 * 1024;
const SIZE = 8 * MIB;
/** Newer releases of Node collect young buffers later (docs/decisions/011). */
const MOST_BYTES = (Number(process.versions.node.split(".")[0]) < 22 ? 500 : 600) * MIB;

it("stays small and quick under 1,000 stalled uploads, 1,000 unread downloads and 200 idlers", async () => {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-exposed-"));
  await using gateway = await startGatewayProcess({
    regions: ["x", "y"].map((name, index) => ({ name, latitude: 0, longitude: index * 10 })),
    backends: ["x", "y"].map(
      (name) => ({ kind: "disk", name, region: name, directory: join(directory, name) }) as const,
    ),
  });
  const signer = { ...gateway, endpoint: gateway.url };
  const fetch = signedFetch(signer);
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  await gateway.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "large", Body: Buffer.alloc(16 * MIB, 1) }));
  const raw = (request: TestRequest) => {
    const { method, target, headers } = prepare(signer, request);
    const head = headers.map(([name, value]) => `${name}: ${value}`);
    return Buffer.from([`${method} ${target} HTTP/1.1`, ...head, "", ""].join("\r\n"));
  };
  const head = raw({ path: "/bucket/stalled", method: "PUT", payload: "unsigned", contentLength: SIZE });
  const port = Number(new URL(gateway.url).port);
  const clients = (count: number, bytes: Buffer, reads: boolean) => startStallingClients({ port, count, bytes, reads });
  try {
    await using _idlers = await clients(200, raw({ path: "/bucket", method: "HEAD" }), true);
    await using _readers = await clients(1_000, raw({ path: "/bucket/large" }), false);
    await using uploads = await clients(1_000, Buffer.concat([head, Buffer.alloc(SIZE - 1)]), true);
    const usual = await usualOf(fetch);
    const refused = Object.entries(uploads.answers).filter(([line]) => /^HTTP\/1\.1 (503|400) /.test(line));
    expect(refused).toEqual(Object.entries(uploads.answers));
    expect(await refusals(gateway)).toBeGreaterThan(0);
    expect(await peakBytes(gateway)).toBeLessThan(MOST_BYTES);
    expect(usual).toBeLessThan(1_000);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

/** Writes and reads twenty times: the median took so many ms. The longest is the machine's, which other tests share. */
async function usualOf(fetch: SignedFetch): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const path = `/bucket/small-${turn}`;
    const bytes = randomBytes(4_096);
    for (const request of [{ method: "PUT", path, body: bytes }, { path }]) {
      const startedAt = performance.now();
      const answer = await fetch(request);
      times.push(performance.now() - startedAt);
      expect(answer.status).toBe(200);
    }
  }
  return times.sort((one, other) => one - other)[times.length / 2] ?? Number.POSITIVE_INFINITY;
}

async function figure(gateway: GatewayProcess, pattern: RegExp): Promise<number> {
  const reply = await globalThis.fetch(`${gateway.url}/-/metrics`);
  return Number(pattern.exec(await reply.text())?.[1]);
}

function refusals(gateway: GatewayProcess): Promise<number> {
  return figure(gateway, /^nearbucket_refused_total\{what="body"\} (\d+)/m);
}

/** The most that was ever resident, by /proc. */
async function peakBytes({ server }: GatewayProcess): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
