// The gateway and nodes over TLS: with a CA made by the test, AWS's client, and certificates that change.
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type ConnectionOptions, connect, type PeerCertificate, type TLSSocket } from "node:tls";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBackend } from "../../src/backends/kinds.ts";
import { startCommand } from "../cli/terminal.ts";
import { type CertificateFiles, makeCa, type TestCa } from "../support/certificates.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

let directory: string;
let ca: TestCa;
let other: TestCa;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nearbucket-tls-"));
  [ca, other] = await Promise.all([makeCa(directory, "ca"), makeCa(directory, "other-ca")]);
});
afterAll(() => rm(directory, { recursive: true }));

function clientOf(gateway: TestGateway, trusted: TestCa): S3Client {
  return new S3Client({
    ...gateway.clientConfig,
    maxAttempts: 1,
    requestHandler: { httpsAgent: new Agent({ ca: trusted.pem }) },
  });
}

/** A connection that stands; rejects with what the other side, or this one, had against it. */
async function shake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, ca: ca.pem, ...options });
  await once(socket, "secureConnect");
  return socket;
}

async function serialNumber(port: number): Promise<string> {
  const socket = await shake(port);
  const certificate: PeerCertificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate.serialNumber;
}

describe("a gateway with a certificate", () => {
  let files: CertificateFiles;
  let gateway: TestGateway;
  beforeAll(async () => {
    files = await ca.issue("gateway");
    gateway = await startTestGateway({ config: { tls: files } });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it("serves AWS's client over https", async () => {
    expect(gateway.url).toBe(`https://127.0.0.1:${gateway.port}`);
    const s3 = clientOf(gateway, ca);
    await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
    const Body = Buffer.alloc(300_000, "tls");
    await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body }));
    const { Body: read } = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "key" }));
    expect(Buffer.from((await read?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
    s3.destroy();
  });

  it("is not trusted by a client that trusts another CA", async () => {
    const s3 = clientOf(gateway, other);
    await expect(s3.send(new ListObjectsV2Command({ Bucket: "bucket" }))).rejects.toThrow(/certificate/);
    s3.destroy();
  });

  it("speaks TLS 1.2 and 1.3, and no older one", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await shake(gateway.port, {
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ["http/1.1"],
      });
      expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, "http/1.1"]);
      socket.destroy();
    }
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(shake(gateway.port, old)).rejects.toThrow(/alert protocol version/);
  });

  it("lets a client see a refusal while it is still sending", async () => {
    const socket = await shake(gateway.port);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => undefined);
    socket.write(`PUT /bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 268435456\r\n\r\n`);
    const chunk = Buffer.alloc(65_536);
    const push = () => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on("drain", push);
    push();
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1\.1 403[\s\S]*AccessDenied[\s\S]*<\/Error>/);
  });

  it("closes a connection that speaks no TLS", async () => {
    await expect(fetch(`http://127.0.0.1:${gateway.port}/`)).rejects.toThrow();
    expect(await serialNumber(gateway.port)).toBeTruthy();
  });

  it.each([
    [
      "a missing file",
      async () => ({ ...files, key: join(directory, "nowhere.key") }),
      /^tls\.key: cannot use \S+nowhere\.key: there is no such file$/,
    ],
    ["another's key", async () => ({ ...files, key: (await ca.issue("else")).key }), /^tls\.key: .* is not the key of/],
    [
      "a CA that is none",
      async () => ({ ...files, clientCaFile: files.key }),
      /^tls\.clientCaFile: cannot use .*gateway/,
    ],
  ])("does not start with %s", async (_what, tls, message) => {
    await expect(startTestGateway({ config: { tls: await tls() } })).rejects.toThrow(message);
  });
});

it("names the backend and the key of a file that is not there, and the address that is taken", async () => {
  const store = { kind: "s3", name: "far", region: "far", endpoint: "https://127.0.0.1:9", bucket: "blobs" } as const;
  const keys = { accessKeyId: "key", secretAccessKey: "sixteen or more letters", replayedHeaders: "strict" } as const;
  const backends = [{ ...store, ...keys, caFile: "/nowhere/ca.pem" }];
  await expect(startTestGateway({ backends, config: { copies: 1 } })).rejects.toThrow(
    /^the backend far: caFile: cannot use \/nowhere\/ca\.pem: there is no such file$/,
  );
  await using first = await startTestGateway();
  const taken = { host: "127.0.0.1", port: first.port };
  await expect(startTestGateway({ config: { admin: { listen: taken } } })).rejects.toThrow(
    `admin.listen: cannot listen on 127.0.0.1:${first.port}: another program has this port (EADDRINUSE)`,
  );
});

it("takes a renewed certificate for new connections, and keeps the old one while the new files are broken", async () => {
  const files = await ca.issue("renewed");
  const log = new PassThrough();
  const lines: string[] = [];
  log.on("data", (line) => lines.push(String(line)));
  await using gateway = await startTestGateway({ config: { tls: files }, log: pino({ level: "info" }, log) });
  const first = await serialNumber(gateway.port);
  const standing = await shake(gateway.port);

  await writeFile(files.key, "not a key");
  await expect.poll(() => lines.join(""), { timeout: 10_000 }).toContain("the new TLS files are not used");
  expect(await serialNumber(gateway.port)).toBe(first);

  await ca.issue("renewed");
  await expect.poll(() => serialNumber(gateway.port), { timeout: 10_000 }).not.toBe(first);
  expect(lines.join("")).toContain("new TLS files are in use");
  expect(standing.destroyed).toBe(false);
  standing.destroy();
});

describe("a node that demands certificates", () => {
  const KEY = { accessKeyId: "NODEROOT", secretAccessKey: "node-root-secret-0123456789" };
  const env = { NEARBUCKET_ROOT_ACCESS_KEY: KEY.accessKeyId, NEARBUCKET_ROOT_SECRET_KEY: KEY.secretAccessKey };

  it("is a backend over mutual TLS, for uploads in parts and listings too, and accepts nobody else", async () => {
    const [server, client, stranger] = await Promise.all([
      ca.issue("node"),
      ca.issue("client"),
      other.issue("stranger"),
    ]);
    const tls = ["--tls-certificate", server.certificate, "--tls-key", server.key, "--tls-client-ca", ca.file];
    const words = ["node", "--data", join(directory, "node"), "--port", "0", "--log-level", "silent", ...tls];
    const node = startCommand(words, { env, directory });
    const endpoint = /listens on (https:\S+)/.exec(await node.greeted)?.[1] ?? "";
    const backend = (shown: CertificateFiles | undefined, caFile: string) =>
      ({
        kind: "node",
        name: "node",
        region: "here",
        endpoint,
        bucket: "store",
        ...KEY,
        caFile,
        ...(shown && { certificateFile: shown.certificate, keyFile: shown.key }),
      }) as const;

    await using gateway = await startTestGateway({
      backends: [backend(client, ca.file)],
      config: { ingest: { bufferBytes: 0 } },
    });
    const Bucket = "bucket";
    await gateway.s3.send(new CreateBucketCommand({ Bucket }));
    const Body = Buffer.alloc(12 * 1024 ** 2, "mutual");
    await gateway.s3.send(new PutObjectCommand({ Bucket, Key: "key", Body }));
    const { Body: read } = await gateway.s3.send(new GetObjectCommand({ Bucket, Key: "key" }));
    expect(Buffer.from((await read?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
    const bare = await openBackend(backend(client, ca.file));
    const uploadId = await bare.createUpload("by-the-sdk");
    await bare.abortUpload("by-the-sdk", uploadId);
    const listed: string[] = [];
    for await (const { key } of bare.list("blobs/")) listed.push(key);
    await bare.close();
    expect(listed).toHaveLength(1);

    for (const refused of [backend(undefined, ca.file), backend(stranger, ca.file), backend(client, other.file)]) {
      await using shut = await startTestGateway({ backends: [refused] });
      await shut.gateway.fleet.probeNow();
      expect(shut.gateway.fleet.members()[0]?.up).toBe(false);
    }
    expect(await node.stop()).toBe(0);
  });
});
