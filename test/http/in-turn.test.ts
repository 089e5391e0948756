// Pipelined requests: sent before the replies to earlier ones.
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { openRaw } from "../support/raw.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket({ config: { publicAccess: "allowed" } });
  const headers = { "x-amz-acl": "public-read" };
  await on.put("large", Buffer.alloc(16 * 1024 * 1024), headers);
  await on.put("small", "small", headers);
});
afterAll(() => on[Symbol.asyncDispose]());

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

async function bufferedBytes(): Promise<string | undefined> {
  const answer = await fetch(`${on.gateway.url}/-/metrics`);
  return /^nearbucket_buffered_bytes (\d+)$/m.exec(await answer.text())?.[1];
}

describe("requests sent ahead", () => {
  it("are answered in the order sent, with their bodies", async () => {
    const raw = await openRaw(on.gateway.port);
    const put = "PUT /bucket/refused HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello";
    await raw.send([get("/bucket/small"), put, get("/bucket/none"), get("/bucket/small")].join(""));
    await raw.until(/ 200 OK[\s\S]*\r\n\r\nsmallHTTP\/1.1 403 [\s\S]* 403 [\s\S]* 200 OK[\s\S]*\r\n\r\nsmall$/);
    raw.socket.destroy();
  });

  it("leave nothing held when the connection closes before their turn", async () => {
    const raw = await openRaw(on.gateway.port);
    raw.socket.pause();
    await raw.send(get("/bucket/large").repeat(5));
    await vi.waitUntil(async () => (await bufferedBytes()) !== "0");
    raw.socket.destroy();
    await vi.waitUntil(async () => (await bufferedBytes()) === "0", { timeout: 5000 });
  });

  it("close the connection when they are too many", async () => {
    const raw = await openRaw(on.gateway.port);
    raw.socket.pause();
    await raw.send(get("/bucket/large"));
    await vi.waitUntil(async () => (await bufferedBytes()) !== "0");
    Readable.from([get("/bucket/small").repeat(1000)]).pipe(raw.socket, { end: false });
    raw.socket.on("error", () => undefined);
    await vi.waitUntil(async () => (await bufferedBytes()) === "0", { timeout: 5000 });
    raw.socket.destroy();
  });
});
