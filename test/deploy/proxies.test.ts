// Caddy and nginx with the files of deploy/ in front of a gateway: what clients sign arrives as they sent it, bodies
// pass through as they come, and the gateway sees the client's address.
import { randomBytes } from "node:crypto";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { gzipSync } from "node:zlib";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openLog } from "../../src/log.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { describeWith } from "../support/programs.ts";
import { freePort } from "../support/server-process.ts";
import { prepare, presign, type TestRequest } from "../support/sign.ts";
import { type FrontProxy, startCaddy, startNginx } from "./proxies.ts";

const MIB = 1024 ** 2;
/** Not the proxy's own, so that it can be told from it. */
const CLIENT = "127.0.0.7";
const KEYS = ["plain.txt", "a//b", "/leading", "a%2Fb", "two  blanks", "a+b", "a/./b", "ünï/ço?de#", "~!*'()", "%"];
const PROXIES = { caddy: startCaddy, nginx: startNginx } as const;

for (const [name, start] of Object.entries(PROXIES))
  describeWith([name], `${name} in front of a gateway`, () => {
    const lines: { readonly msg: string; readonly client?: string; readonly path?: string }[] = [];
    let gateway: TestGateway;
    let proxy: FrontProxy;
    let s3: S3Client;

    beforeAll(async () => {
      gateway = await startTestGateway({
        config: { trustedProxies: ["127.0.0.1"] },
        log: openLog("info", { write: (line) => void lines.push(JSON.parse(line)) }),
      });
      // Of two gateways one is not there: no client notices.
      proxy = await start([`127.0.0.1:${await freePort()}`, new URL(gateway.url).host]);
      const from = { keepAlive: true, localAddress: CLIENT, ...(proxy.ca === undefined ? {} : { ca: proxy.ca }) };
      s3 = new S3Client({
        ...{ ...gateway.clientConfig, endpoint: proxy.url, maxAttempts: 1 },
        requestHandler: { httpAgent: new HttpAgent(from), httpsAgent: new HttpsAgent(from) },
      });
      await s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    });

    afterAll(async () => {
      s3?.destroy();
      await proxy?.[Symbol.asyncDispose]();
      await gateway?.[Symbol.asyncDispose]();
    });

    const signer = () => ({ ...gateway, endpoint: proxy.url });

    it.each(KEYS)("keeps the key %j", async (Key) => {
      await s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: Key }));
      const listed = await s3.send(new ListObjectsV2Command({ Bucket: "photos", Prefix: Key }));
      expect(listed.Contents?.map((one) => one.Key)).toContain(Key);
      const got = await s3.send(new GetObjectCommand({ Bucket: "photos", Key }));
      expect(await got.Body?.transformToString()).toBe(Key);
    });

    it("passes 20 MiB in parts", async () => {
      const Body = randomBytes(20 * MIB);
      const params = { Bucket: "photos", Key: "large", Body };
      await new Upload({ client: s3, params, partSize: 5 * MIB, queueSize: 2 }).done();
      const got = await s3.send(new GetObjectCommand({ Bucket: "photos", Key: "large" }));
      expect(Body.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
    });

    it("keeps metadata with dots and underscores, as much as a head may have", async () => {
      const Metadata = { taken_by: "a", "v1.2": "b", long: "x".repeat(2000) };
      await s3.send(new PutObjectCommand({ Bucket: "photos", Key: "described", Body: "-", Metadata }));
      const head = await s3.send(new HeadObjectCommand({ Bucket: "photos", Key: "described" }));
      expect(head.Metadata).toEqual(Metadata);
    });

    it("leaves an object packed that is stored packed", async () => {
      const Body = gzipSync("unpacked only by who asked for it");
      await s3.send(new PutObjectCommand({ Bucket: "photos", Key: "packed", Body, ContentEncoding: "gzip" }));
      const answer = await ask(proxy, prepare(signer(), { path: "/photos/packed" }));
      expect(answer.headers["content-encoding"]).toBe("gzip");
      expect(answer.body.equals(Body)).toBe(true);
    });

    it("passes a presigned URL of a key of 1,024 bytes that needs encoding", async () => {
      const Key = "ü".repeat(512);
      await s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: "found" }));
      const url = new URL(presign(signer(), { path: `/photos/${encodeURIComponent(Key)}` }));
      const answer = await ask(proxy, { method: "GET", target: `${url.pathname}${url.search}`, headers: [] });
      expect([answer.status, answer.body.toString()]).toEqual([200, "found"]);
    });

    it("asks the client for the body that it announced with 100-continue", async () => {
      const request = { method: "PUT", path: "/photos/expected", body: "body", expectContinue: true };
      expect(await ask(proxy, prepare(signer(), request))).toMatchObject({ status: 200, sawContinue: true });
    });

    it("shows the gateway the client's address, whatever the client says of itself", async () => {
      const claims = { "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", Forwarded: "for=203.0.113.9" };
      for (const [key, unsignedHeaders] of [
        ["silent", {}],
        ["claiming", claims],
      ] as const) {
        await ask(proxy, prepare(signer(), { path: `/photos/${key}`, unsignedHeaders }));
        await expect.poll(() => lines.find(({ path }) => path === `/photos/${key}`)?.client).toBe(CLIENT);
      }
    });

    it("makes nobody an operator", async () => {
      for (const unsignedHeaders of [{}, { "X-Forwarded-For": "127.0.0.1" }]) {
        const answer = await ask(proxy, prepare(signer(), { path: "/-/metrics", unsignedHeaders }));
        expect(answer.status).toBe(403);
      }
    });
  });

/** Sends a prepared request through the proxy, from the client's address. */
async function ask(
  proxy: FrontProxy,
  {
    method,
    target,
    headers,
    body = Buffer.alloc(0),
    expectContinue = false,
  }: Pick<ReturnType<typeof prepare>, "method" | "target" | "headers"> & {
    readonly body?: ReturnType<typeof prepare>["body"];
    readonly expectContinue?: TestRequest["expectContinue"];
  },
) {
  const request = proxy.ca === undefined ? httpRequest : httpsRequest;
  const { hostname, port } = new URL(proxy.url);
  const address = { hostname, port, localAddress: CLIENT, ca: proxy.ca, agent: false } as const;
  const client = request({ ...address, method, path: target, headers: Object.fromEntries(headers) });
  let sawContinue = false;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    client.once("response", resolve).once("error", reject);
    const write = () => void client.end(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
    client.once("continue", () => {
      sawContinue = true;
      write();
    });
    if (expectContinue) client.flushHeaders();
    else write();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks), sawContinue };
}
