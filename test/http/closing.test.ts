// A gateway that closes finishes the answers it has begun, and waits for no client that keeps its connection.
import { expect, it, onTestFinished } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { openRaw } from "../support/raw.ts";
import { presign } from "../support/sign.ts";

const GRACE_MS = 60_000;

async function start() {
  const gateway = await startTestGateway();
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  return { gateway, raw: await openRaw(gateway.port) };
}

it("ends a connection with the answer to a request that comes while it closes", { timeout: 20_000 }, async () => {
  const { gateway, raw } = await start();
  await raw.send("GET /-/health HTTP/1.1\r\nHost: x\r\n");
  const closed = gateway.gateway.close(GRACE_MS);
  await raw.send("\r\n");
  await raw.until(/^HTTP\/1\.1 200 OK\r\nConnection: close/i);
  await raw.closed;
  await closed;
});

it("ends a connection whose answer had begun before, when the client has taken it", { timeout: 20_000 }, async () => {
  const { gateway, raw } = await start();
  const size = 16 * 1024 * 1024;
  await gateway.fetch({ method: "PUT", path: "/bucket" });
  await gateway.fetch({ method: "PUT", path: "/bucket/large", body: Buffer.alloc(size, "x") });
  const key = { accessKeyId: gateway.accessKeyId, secretAccessKey: gateway.secretAccessKey };
  const { pathname, search } = new URL(
    presign({ endpoint: gateway.url, ...key }, { path: "/bucket/large?x-nearbucket-redirect=never", expiresIn: 60 }),
  );
  await raw.send(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\n\r\n`);
  await raw.until(/^HTTP\/1\.1 200 OK/);
  raw.socket.pause();
  const closed = gateway.gateway.close(GRACE_MS);
  raw.socket.resume();
  await closed;
  expect(raw.received()).not.toMatch(/Connection: close/i);
  expect(raw.received().split("\r\n\r\n")[1]).toHaveLength(size);
});
