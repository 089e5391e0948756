// A listener behind proxies in TCP mode: who the client is then, who is cut off, and HAProxy itself in front of it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { makeCa, type TestCa } from "../support/certificates.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { headerV2 } from "../support/proxy-header.ts";
import { openRaw } from "../support/raw.ts";
import { freePort, startServerProcess } from "../support/server-process.ts";

const CLIENT = "198.51.100.7";
const V1 = `PROXY TCP4 ${CLIENT} 10.0.0.1 56324 443\r\n`;
const ASK = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`;

interface Line {
  readonly msg: string;
  readonly client?: string;
}

/** A gateway that requires headers, and what its access log says of clients. */
async function openBehindProxy(config: Partial<GatewayConfigInput> = {}) {
  const clients: (string | undefined)[] = [];
  const log = pino(
    { level: "info" },
    {
      write(text: string) {
        const line = JSON.parse(text) as Line;
        if ("status" in line) clients.push(line.client);
      },
    },
  );
  const listen = { port: 0, proxyProtocol: "required" } as const;
  const gateway = await startTestGateway({ log, config: { listen, trustedProxies: ["127.0.0.1"], ...config } });
  return { gateway, clients };
}

async function answer(port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const raw = await openRaw(port);
  for (const piece of pieces) await raw.send(piece);
  await raw.closed;
  return raw.received();
}

describe("a listener that requires headers", () => {
  let behind: Awaited<ReturnType<typeof openBehindProxy>>;
  let gateway: TestGateway;
  beforeAll(async () => {
    behind = await openBehindProxy({ api: { networks: [`${CLIENT}/32`] } });
    ({ gateway } = behind);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  const seen = async () => {
    await expect.poll(() => behind.clients.length).toBeGreaterThan(0);
    return behind.clients.splice(0);
  };

  it.each([
    ["version 1", [V1 + ASK("/bucket")]],
    ["version 1, byte by byte", [...V1, ASK("/bucket")]],
    ["version 2", [headerV2({ from: CLIENT }), ASK("/bucket")]],
    ["version 2 in one piece with the request", [Buffer.concat([headerV2({ from: CLIENT }), Buffer.from(ASK("/b"))])]],
    ["version 2 with facts", [headerV2({ from: CLIENT, facts: 200 }), ASK("/bucket")]],
  ])("takes the address of %s for the client's", async (_, pieces) => {
    expect(await answer(gateway.port, ...pieces)).toMatch(/^HTTP\/1.1 404/);
    expect(await seen()).toEqual([CLIENT]);
  });

  it("serves one request after another on a connection", async () => {
    const raw = await openRaw(gateway.port);
    const request = "GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    await raw.send(V1 + request);
    await raw.until(/^HTTP\/1.1 200[\s\S]*\r\n\r\n[\s\S]*/);
    await raw.send(request + ASK("/-/health"));
    await raw.closed;
    expect(raw.received().match(/HTTP\/1.1 200/g)).toHaveLength(3);
    await expect.poll(() => behind.clients).toEqual([CLIENT, CLIENT, CLIENT]);
    await seen();
  });

  it("believes no header of a client that the proxy names, and lets it claim no place", async () => {
    const forged = `X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nx-nearbucket-client: absurd\r\n`;
    await answer(gateway.port, V1 + ASK("/bucket", forged));
    expect(await seen()).toEqual([CLIENT]);
  });

  it("believes the headers of a trusted proxy that the other one names", async () => {
    const chained = `X-Forwarded-For: 203.0.113.5, ${CLIENT}\r\n`;
    await answer(gateway.port, `PROXY TCP4 127.0.0.1 10.0.0.1 1 2\r\n${ASK("/bucket", chained)}`);
    expect(await seen()).toEqual([CLIENT]);
  });

  it("takes the proxy for the client where it speaks for itself, and nobody where it does not know", async () => {
    await answer(gateway.port, headerV2({ command: 0x20 }), ASK("/bucket"));
    expect(await seen()).toEqual(["127.0.0.1"]);
    const forged = `X-Forwarded-For: ${CLIENT}\r\n`;
    await answer(gateway.port, `PROXY UNKNOWN\r\n${ASK("/bucket", forged)}`);
    expect(await seen()).toEqual([""]);
    expect(await answer(gateway.port, `PROXY UNKNOWN\r\n${ASK("/-/api/v1/openapi.json", forged)}`)).toMatch(/ 40\d /);
  });

  it("lets at the API who the proxy says it is, and takes no named loopback address for this machine", async () => {
    expect(await answer(gateway.port, V1 + ASK("/-/api/v1/openapi.json"))).toMatch(/^HTTP\/1.1 200/);
    const loopback = "PROXY TCP4 127.0.0.2 10.0.0.1 1 2\r\n";
    expect(await answer(gateway.port, loopback + ASK("/-/api/v1/openapi.json"))).not.toMatch(/^HTTP\/1.1 200/);
    expect(await answer(gateway.port, loopback + ASK("/-/metrics"))).not.toMatch(/^HTTP\/1.1 200/);
  });

  it.each([
    ["no header", ASK("/-/health")],
    ["a broken header", `PROXY TCP4 nobody 10.0.0.1 1 2\r\n${ASK("/-/health")}`],
    ["a header without end", "PROXY TCP4 ".padEnd(200, "1")],
    ["a TLS greeting", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
  ])("cuts off a connection with %s, unanswered", async (_, bytes) => {
    expect(await answer(gateway.port, bytes)).toBe("");
  });

  it("does not wait long for a header", { timeout: 15_000 }, async () => {
    expect(await answer(gateway.port, "PROXY TCP4 198.51")).toBe("");
  });
});

it("cuts off whoever is no trusted proxy, whatever it sends", async () => {
  const { gateway } = await openBehindProxy({ trustedProxies: ["192.0.2.1"] });
  await using _ = gateway;
  expect(await answer(gateway.port, V1 + ASK("/-/health"))).toBe("");
});

it("closes although a connection has not sent its header", async () => {
  const { gateway } = await openBehindProxy();
  const raw = await openRaw(gateway.port);
  await raw.send("PROXY ");
  await gateway[Symbol.asyncDispose]();
  await raw.closed;
});

it("reads no header where none is required: a forged one changes nothing", async () => {
  await using gateway = await startTestGateway({ config: { trustedProxies: ["127.0.0.1"] } });
  expect(await answer(gateway.port, V1 + ASK("/-/health"))).toMatch(/^HTTP\/1.1 400/);
});

describe("with TLS behind it", () => {
  let directory: string;
  let ca: TestCa;
  let behind: Awaited<ReturnType<typeof openBehindProxy>>;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "nearbucket-proxy-protocol-"));
    ca = await makeCa(directory, "ca");
    behind = await openBehindProxy({ tls: await ca.issue("gateway") });
  });
  afterAll(async () => {
    await behind.gateway[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  it("reads the header before the greeting", async () => {
    const { port } = behind.gateway;
    const raw = await openRaw(port);
    await raw.send(headerV2({ from: CLIENT }));
    raw.socket.removeAllListeners("data");
    const socket = connectTls({ socket: raw.socket, ca: ca.pem, servername: "localhost" });
    socket.write(ASK("/bucket"));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 404/);
    await expect.poll(() => behind.clients.splice(0)).toEqual([CLIENT]);
  });

  describeWith(["haproxy"], "HAProxy in front of it", () => {
    it.each(["send-proxy", "send-proxy-v2"])("tells the client's address with %s", async (send) => {
      const { gateway, clients } = behind;
      const [port, statusPort] = [await freePort(), await freePort()];
      const conf = join(directory, `${send}.cfg`);
      await writeFile(conf, haproxyConf({ port, statusPort, gatewayPort: gateway.port, send }));
      const readyUrl = `http://127.0.0.1:${statusPort}/`;
      const program = { path: neededProgram("haproxy"), arguments: ["-db", "-f", conf], readyUrl };
      await using _ = await startServerProcess(program);
      const s3 = new S3Client({
        ...gateway.clientConfig,
        endpoint: `https://localhost:${port}`,
        maxAttempts: 1,
        requestHandler: { httpsAgent: new Agent({ ca: ca.pem, localAddress: "127.0.0.9", family: 4 }) },
      });
      clients.splice(0);
      const body = Buffer.alloc(3 * 1024 ** 2, send);
      await s3.send(new CreateBucketCommand({ Bucket: send }));
      await s3.send(new PutObjectCommand({ Bucket: send, Key: "key", Body: body }));
      const found = await s3.send(new GetObjectCommand({ Bucket: send, Key: "key" }));
      expect(Buffer.from((await found.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
      await expect.poll(() => clients.length).toBe(3);
      expect(new Set(clients)).toEqual(new Set(["127.0.0.9"]));
      s3.destroy();
    });
  });
});

function haproxyConf(at: {
  readonly port: number;
  readonly statusPort: number;
  readonly gatewayPort: number;
  readonly send: string;
}): string {
  return `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen s3
  bind 127.0.0.1:${at.port}
  server gateway 127.0.0.1:${at.gatewayPort} source 127.0.0.1 ${at.send}
frontend status
  mode http
  bind 127.0.0.1:${at.statusPort}
  monitor-uri /
`;
}
