import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { openRaw } from "../support/raw.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { trustedProxies: ["127.0.0.1"] } });
  await gateway.fetch({ method: "PUT", path: "/bucket" });
  await gateway.fetch({ method: "PUT", path: "/bucket/key", body: "private" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe("the wire", () => {
  it("refuses a header section over 16 KiB with S3's error", async () => {
    const raw = await openRaw(gateway.port);
    await raw.send(`GET / HTTP/1.1\r\nHost: x\r\nx-long: ${"a".repeat(17_000)}\r\n\r\n`);
    await raw.until(/400 Bad Request[\s\S]*RequestHeaderSectionTooLarge/);
    await raw.closed;
  });

  it("answers bytes that are not HTTP with 400 and closes", async () => {
    const raw = await openRaw(gateway.port);
    await raw.send("\x16\x03\x01 hello\r\n\r\n");
    await raw.until(/^HTTP\/1\.1 400/);
    await raw.closed;
  });

  it("refuses two Host headers instead of taking one of them", async () => {
    const raw = await openRaw(gateway.port);
    await raw.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n");
    await raw.until(/^HTTP\/1\.1 400/);
  });

  it("refuses an unauthorized PUT that waits for 100 Continue without letting it send", async () => {
    const raw = await openRaw(gateway.port);
    await raw.send(
      `PUT /bucket/key HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nContent-Length: 268435456\r\nExpect: 100-continue\r\n\r\n`,
    );
    const [head] = await raw.until(/^HTTP\/1\.1 \d+[\s\S]*<\/Error>/);
    expect(head).toMatch(/^HTTP\/1\.1 403/);
    expect(head.toLowerCase()).toContain("connection: close");
    await raw.closed;
  });

  it("lets a client that pushes its body see the refusal, and takes little of the rest", async () => {
    const raw = await openRaw(gateway.port);
    await raw.send(`PUT /bucket/key HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nContent-Length: 268435456\r\n\r\n`);
    const chunk = Buffer.alloc(65_536);
    let sent = 0;
    const push = () => {
      while (!raw.socket.destroyed && sent < 268_435_456 && raw.socket.write(chunk)) sent += chunk.length;
    };
    raw.socket.on("drain", push);
    push();
    const [head] = await raw.until(/^HTTP\/1\.1 403[\s\S]*<\/Error>/);
    expect(head).toContain("AccessDenied");
    await raw.closed;
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("answers an anonymous caller the same for a private and a missing key, whatever the conditions", async () => {
    const strip = (text: string) => text.replace(/<(RequestId|HostId|Resource)>.*?<\/\1>/g, "");
    for (const headers of [
      {},
      { "If-Match": '"0"' },
      { "If-None-Match": "*" },
      { "If-Modified-Since": new Date(0).toUTCString() },
    ]) {
      const ask = async (path: string) => strip(await (await fetch(gateway.url + path, { headers })).text());
      expect(await ask("/bucket/key")).toBe(await ask("/bucket/missing"));
      expect(await ask("/bucket/key")).toContain("AccessDenied");
    }
  });

  it("answers a HEAD without a body, also when it fails", async () => {
    const raw = await openRaw(gateway.port);
    await raw.send(`HEAD /bucket/key HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nConnection: close\r\n\r\n`);
    await raw.closed;
    expect(raw.received()).toMatch(/^HTTP\/1\.1 403[\s\S]*\r\n\r\n$/);
  });

  it("ignores an Expect header that S3 does not define", async () => {
    const raw = await openRaw(gateway.port);
    await raw.send(
      `GET /bucket/key HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nExpect: 200\r\nConnection: close\r\n\r\n`,
    );
    await raw.until(/^HTTP\/1\.1 403/);
  });

  it("names https in a Location when a trusted proxy says that the client came by it", async () => {
    const path = "/bucket/in-parts";
    const started = await gateway.fetch({ method: "POST", path, query: "uploads=" });
    const uploadId = /<UploadId>(.*?)<\/UploadId>/.exec(started.text)?.[1] ?? "";
    const part = await gateway.fetch({ method: "PUT", path, query: { partNumber: "1", uploadId }, body: "part" });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers["etag"]}</ETag></Part></CompleteMultipartUpload>`;
    const whole = await gateway.fetch({
      method: "POST",
      path,
      query: { uploadId },
      body,
      headers: { "x-forwarded-proto": "https" },
    });
    expect(whole.text).toContain(`<Location>https://127.0.0.1:${gateway.port}/bucket/in-parts</Location>`);
  });
});
