// Which slow clients are disconnected. A second connection that stalls is the clock: once it is cut, a whole window has
// passed.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { openRaw, type RawExchange } from "../support/raw.ts";
import { prepare, type TestRequest } from "../support/sign.ts";

const MIB = 1024 * 1024;
const limits = { idleSeconds: 1 } as const;

async function start(config: Partial<GatewayConfigInput>, backends?: GatewayConfigInput["backends"]) {
  const gateway = await startTestGateway({ config, ...(backends && { backends }) });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  return gateway;
}

/** A gateway with this store as its only backend. */
function startOver({ endpoint }: FaultyS3) {
  const key = { accessKeyId: "k", secretAccessKey: "s" };
  return start({ limits, copies: 1 }, [{ kind: "s3", name: "a", region: "x", endpoint, bucket: "blobs", ...key }]);
}

/** Sends the head of a signed request, and of its body what is given. */
async function begin(gateway: TestGateway, request: TestRequest, body = ""): Promise<RawExchange> {
  const { method, target, headers } = prepare({ ...gateway, endpoint: gateway.url }, request);
  const raw = await openRaw(gateway.port);
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  await raw.send([`${method} ${target} HTTP/1.1`, ...lines, "", body].join("\r\n"));
  return raw;
}

const stalled: TestRequest = { method: "PUT", path: "/bucket/stalled", payload: "unsigned", contentLength: MIB };

describe("the least rate", () => {
  it("answers a body that stops with an error, and closes", async () => {
    await using gateway = await start({ limits });
    const raw = await begin(gateway, stalled, "some");
    await raw.until(/^HTTP\/1\.1 400 [\s\S]*<Code>RequestTimeout<\/Code>/);
    await raw.closed;
  });

  it("cuts a body that only drips", async () => {
    await using gateway = await start({ limits: { ...limits, minimumBytesPerSecond: "1 TiB" } });
    const raw = await begin(gateway, stalled, "some");
    const drip = () => {
      if (!raw.socket.destroyed) raw.socket.write("x", () => setImmediate(drip));
    };
    drip();
    await raw.until(/^HTTP\/1\.1 400 [\s\S]*RequestTimeout/).catch(() => undefined);
    await raw.closed;
  });

  it("cuts a reply that nobody reads, and gives back what it held", async () => {
    await using store = await startFaultyS3();
    await using gateway = await startOver(store);
    await gateway.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "large", Body: Buffer.alloc(48 * MIB) }));
    const raw = await begin(gateway, { path: "/bucket/large" });
    raw.socket.pause();
    const metrics = async () => (await fetch(`${gateway.url}/-/metrics`)).text();
    let text = await metrics();
    while (!text.includes('nearbucket_cut_total{who="reader"} 1')) text = await metrics();
    // Given back when the reply is closed, a moment after the cut.
    while (!/^nearbucket_buffered_bytes 0$/m.test(text)) text = await metrics();
    raw.socket.destroy();
  });

  it("never cuts a request that waits for a backend after its body was received", async () => {
    await using store = await startFaultyS3();
    await using gateway = await startOver(store);
    const held = store.script({ method: "PUT" }, { do: "hold-answer" });
    const putting = gateway.fetch({ method: "PUT", path: "/bucket/slow", body: "bytes" });
    await held.met;
    for (let window = 0; window < 2; window++) await (await begin(gateway, stalled, "some")).closed;
    held.release();
    expect((await putting).status).toBe(200);
  });

  it("does not cut a connection between two requests", async () => {
    await using gateway = await start({ limits });
    const raw = await begin(gateway, { path: "/bucket", method: "HEAD" });
    await raw.until(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n/);
    await (await begin(gateway, stalled, "some")).closed;
    await raw.send("GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n");
    await raw.until(/"ok"/);
    raw.socket.destroy();
  });
});

describe("the budget of memory on a server", () => {
  const small = { limits: { bufferedBytes: 64 * MIB } } as const;
  const large: TestRequest = { ...stalled, contentLength: 8 * MIB };

  it("cuts bodies that stand still while others wait for the memory they hold", async () => {
    await using gateway = await start(small);
    const first = await begin(gateway, large, "some");
    const second = await gateway.fetch({ method: "PUT", path: "/bucket/second", body: Buffer.alloc(8 * MIB) });
    expect(second.status).toBe(200);
    await first.until(/RequestTimeout/);
  });

  it("does not ask for a body that it has no room for", async () => {
    await using gateway = await start(small);
    const holder = await begin(gateway, large, "some");
    const waiting = { ...large, path: "/bucket/waiting", unsignedHeaders: { expect: "100-continue" } };
    const clients = await Promise.all(Array.from({ length: 4 }, () => begin(gateway, waiting)));
    const answers = await Promise.all(clients.map((raw) => raw.until(/^HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n/)));
    expect(answers.map(([, status]) => status)).toContain("503");
    const refusal = answers.find(([, status]) => status === "503")?.[0];
    expect(refusal).toMatch(/Retry-After: 2/);
    for (const raw of [holder, ...clients]) raw.socket.destroy();
  });
});

describe("the limit of connections", () => {
  it("closes excess connections, and closes idle ones to make room", async () => {
    await using gateway = await start({ limits: { connections: 3 } });
    const open = await Promise.all(Array.from({ length: 2 }, () => openRaw(gateway.port)));
    for (const raw of open) {
      await raw.send("GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n");
      await raw.until(/"ok"/);
    }
    const more = await Promise.all([openRaw(gateway.port), openRaw(gateway.port), openRaw(gateway.port)]);
    await Promise.race(more.map(({ closed }) => closed));
    await Promise.all(open.map(({ closed }) => closed));
    expect((await fetch(`${gateway.url}/-/health`)).status).toBe(200);
    for (const raw of more) raw.socket.destroy();
  });
});
