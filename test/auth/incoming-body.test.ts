import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAuthenticator } from "../../src/auth/authenticate.ts";
import { incomingBody } from "../../src/auth/incoming-body.ts";
import type { PayloadMode } from "../../src/auth/payload-mode.ts";
import { S3Error } from "../../src/errors.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import type { IncomingBody } from "../../src/protocol/incoming-body.ts";
import { readRawHeaders } from "../../src/protocol/raw-headers.ts";
import { signedFetch, type TestRequest } from "../support/sign.ts";
import { EXAMPLE_KEY, refusal } from "./verify.ts";

const UNSIGNED: PayloadMode = { kind: "unsigned" };
const TRAILER: PayloadMode = { kind: "chunked", signing: undefined, trailer: true };

function body(
  pieces: readonly (string | Buffer)[],
  headers: Record<string, string>,
  payload: PayloadMode = UNSIGNED,
): IncomingBody {
  const source = Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  );
  return incomingBody(source, { payload, headers, writeContinue: undefined });
}

async function read(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe("a plain body", () => {
  it("is passed on, with its length and the digest that was signed", async () => {
    const digest = "0".repeat(64);
    const incoming = body(["hel", "lo"], { "content-length": "5" }, { kind: "sha256", digest });
    expect(incoming).toMatchObject({ length: 5, sha256: digest, announcedTrailers: [], expectsContinue: false });
    expect(await read(incoming.open())).toBe("hello");
    expect(incoming.trailers()).toEqual({});
  });

  it("has no length when the client named none", () => {
    expect(body([], {}).length).toBeUndefined();
  });

  it.each([
    ["shorter", "6"],
    ["longer", "4"],
  ])("that is %s than told is an error", async (_, length) => {
    expect(await refusal(read(body(["hel", "lo"], { "content-length": length }).open()))).toMatchObject({
      code: "IncompleteBody",
      status: 400,
    });
  });

  it("may be empty, or read to its end by somebody before", async () => {
    expect(await read(body([], { "content-length": "0" }).open())).toBe("");
    const over = Readable.from([]);
    await read(over);
    expect(await read(incomingBody(over, { payload: UNSIGNED, headers: {}, writeContinue: undefined }).open())).toBe(
      "",
    );
  });

  it("is read only once", () => {
    const incoming = body(["x"], { "content-length": "1" });
    incoming.open().destroy();
    expect(() => incoming.open()).toThrow("only once");
  });

  it("comes at the pace of its reader", async () => {
    const source = new PassThrough({ highWaterMark: 1024 });
    const stream = incomingBody(source, { payload: UNSIGNED, headers: {}, writeContinue: undefined }).open();
    stream.read(0);
    const piece = Buffer.alloc(64 * 1024);
    let written = 0;
    while (source.write(piece) || written < 10) {
      written += 1;
      if (written > 100) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stream.readableLength).toBeLessThanOrEqual(3 * piece.length);
    source.end();
    expect((await read(stream)).length).toBeGreaterThanOrEqual(10 * piece.length);
  });
});

describe("a body whose client goes away", () => {
  it("ends in IncompleteBody with the cause", async () => {
    const source = new PassThrough();
    const reading = read(
      incomingBody(source, { payload: UNSIGNED, headers: { "content-length": "10" }, writeContinue: undefined }).open(),
    );
    source.write("hello");
    const cause = new Error("aborted");
    source.destroy(cause);
    await expect(reading).rejects.toMatchObject({ code: "IncompleteBody", cause });
  });

  it("ends in IncompleteBody when the connection closed without an error, or before anyone read", async () => {
    const source = new PassThrough();
    const incoming = incomingBody(source, { payload: UNSIGNED, headers: {}, writeContinue: undefined });
    source.destroy();
    expect(await refusal(read(incoming.open()))).toMatchObject({ code: "IncompleteBody" });
    const later = new PassThrough();
    const reading = read(incomingBody(later, { payload: UNSIGNED, headers: {}, writeContinue: undefined }).open());
    later.destroy();
    expect(await refusal(reading)).toMatchObject({ code: "IncompleteBody" });
  });

  it("keeps the reason when the server gave one", async () => {
    const source = new PassThrough();
    const reading = read(incomingBody(source, { payload: UNSIGNED, headers: {}, writeContinue: undefined }).open());
    source.destroy(new S3Error("RequestTimeout"));
    expect(await refusal(reading)).toMatchObject({ code: "RequestTimeout" });
  });

  it("does no harm after the body was given up", async () => {
    const source = new PassThrough();
    const stream = incomingBody(source, { payload: UNSIGNED, headers: {}, writeContinue: undefined }).open();
    stream.on("error", () => {});
    stream.read(0);
    stream.destroy();
    const closed = new Promise((resolve) => source.once("close", resolve));
    source.destroy(new Error("late"));
    await closed;
    expect(stream.destroyed).toBe(true);
  });
});

describe("an aws-chunked body", () => {
  const headers = {
    "content-length": "36",
    "x-amz-decoded-content-length": "5",
    "x-amz-trailer": "X-Amz-Checksum-CRC32, ",
  };

  it("has the decoded length, and its trailers when it is over", async () => {
    const incoming = body(
      ["5\r\nhel", "lo\r\n0\r\nx-amz-checksum-crc32:", "NhCmhg==\r\n\r\n"],
      { ...headers, "content-length": "46" },
      TRAILER,
    );
    expect(incoming).toMatchObject({ length: 5, announcedTrailers: ["x-amz-checksum-crc32"] });
    expect(() => incoming.trailers()).toThrow("read to its end");
    expect(await read(incoming.open())).toBe("hello");
    expect(incoming.trailers()).toEqual({ "x-amz-checksum-crc32": "NhCmhg==" });
  });

  it("must say how long it is when decoded", () => {
    expect(() => body([], { "content-length": "5" }, TRAILER)).toThrow(
      expect.objectContaining({ code: "MissingContentLength", status: 411 }),
    );
    expect(() => body([], { "x-amz-decoded-content-length": "-1" }, TRAILER)).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
    expect(() => body([], { "x-amz-decoded-content-length": "1e3" }, TRAILER)).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });

  it("is an error when it ends early or is no aws-chunked at all", async () => {
    expect(
      await refusal(read(body(["5\r\nhello\r\n0\r\n"], { "x-amz-decoded-content-length": "5" }, TRAILER).open())),
    ).toMatchObject({
      code: "IncompleteBody",
    });
    expect(await refusal(read(body(["hello"], { "x-amz-decoded-content-length": "5" }, TRAILER).open()))).toMatchObject(
      { code: "IncompleteBody" },
    );
    expect(
      await refusal(read(body(["hello\n"], { "x-amz-decoded-content-length": "5" }, TRAILER).open())),
    ).toMatchObject({ code: "InvalidRequest" });
  });

  it("is the only one that may announce trailers", () => {
    expect(() => body([], { "x-amz-trailer": "x-amz-checksum-crc32" })).toThrow(
      expect.objectContaining({ code: "InvalidRequest" }),
    );
  });
});

/** A server that lets in what is signed and answers with the body it read. */
async function startEcho(): Promise<{ endpoint: string; server: Server }> {
  const authenticator = openAuthenticator({
    findKey: async () => undefined,
    rootKey: { ...EXAMPLE_KEY, account: { id: 1, name: "root" } },
    unseal: (sealed) => sealed,
    now: () => new Date(),
    region: undefined,
    signatureV2: "all",
  });
  const server = createServer();
  const answer = async (request: IncomingMessage, response: ServerResponse, waits: boolean): Promise<void> => {
    try {
      const headers = readRawHeaders(request.rawHeaders);
      const address = parseAddress(request.url ?? "", headers["host"], []);
      const { payload, headers: believed } = await authenticator.authenticate({
        method: request.method ?? "",
        address,
        headers,
      });
      const incoming = incomingBody(request, {
        payload,
        headers: believed,
        writeContinue: waits ? () => response.writeContinue() : undefined,
      });
      if (address.key === "refused") throw new S3Error("AccessDenied");
      const text = await read(incoming.open());
      response.end(JSON.stringify({ text, trailers: incoming.trailers(), length: incoming.length }));
    } catch (error) {
      const { status, code } = error as S3Error;
      response.writeHead(status ?? 500, { connection: "close" }).end(`<Code>${code ?? String(error)}</Code>`);
    }
  };
  server.on("request", (request, response) => void answer(request, response, false));
  server.on("checkContinue", (request, response) => void answer(request, response, true));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe("a signed upload over a connection", () => {
  const content = "0123456789".repeat(20_000);
  const uploads: [string, Partial<TestRequest>][] = [
    ["with its digest", { payload: "digest" }],
    ["unsigned", { payload: "unsigned" }],
    ["in signed chunks", { payload: "chunked", chunkSize: 8192 }],
    [
      "in signed chunks with a trailer",
      { payload: "chunked-trailer", trailers: { "x-amz-checksum-crc32": "AAAAAA==" } },
    ],
    [
      "in unsigned chunks with a trailer",
      { payload: "unsigned-trailer", trailers: { "x-amz-checksum-crc32": "AAAAAA==" }, chunkSize: 10_001 },
    ],
    ["by a presigned URL", { authentication: "v4-query" }],
    ["by a presigned URL, in signed chunks", { authentication: "v4-query", payload: "chunked" }],
    ["by a version 2 URL", { authentication: "v2-query" }],
    [
      "by version 2, in unsigned chunks with a trailer",
      {
        authentication: "v2",
        payload: "unsigned-trailer",
        trailers: { "x-amz-checksum-crc32": "AAAAAA==" },
        headers: { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" },
      },
    ],
  ];

  it.each(uploads)("arrives %s", async (_, how) => {
    const { endpoint } = await startEcho();
    const fetch = signedFetch({ endpoint, ...EXAMPLE_KEY });
    for (const expectContinue of [false, true]) {
      const answer = await fetch({ method: "PUT", path: "/b/k", body: content, expectContinue, ...how });
      expect([answer.status, answer.sawContinue]).toEqual([200, expectContinue]);
      expect(JSON.parse(answer.text)).toEqual({ text: content, trailers: how.trailers ?? {}, length: content.length });
    }
  });

  it("that is refused before its body is read moves no bytes", async () => {
    const { endpoint } = await startEcho();
    const answer = await signedFetch({ endpoint, ...EXAMPLE_KEY })({
      method: "PUT",
      path: "/b/refused",
      body: content,
      expectContinue: true,
    });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied", sawContinue: false, bytesSent: 0 });
  });

  it("with a byte changed on the way is refused", async () => {
    const { endpoint } = await startEcho();
    const answer = await signedFetch({ endpoint, ...EXAMPLE_KEY })({
      method: "PUT",
      path: "/b/k",
      body: content,
      payload: "chunked",
      tamper: ({ body }) => void (body as Buffer).write("X", 500),
    });
    expect(answer).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
  });

  it("that is cut ends in an error on this side", async () => {
    const { endpoint, server } = await startEcho();
    const seen = once(server, "request");
    const sending = signedFetch({ endpoint, ...EXAMPLE_KEY })({
      method: "PUT",
      path: "/b/k",
      body: content,
      cutAfter: 100_000,
    });
    await expect(sending).rejects.toThrow("the test cut the connection");
    const [request] = (await seen) as [IncomingMessage];
    await new Promise<void>((resolve) => (request.closed ? resolve() : request.once("close", resolve)));
    expect(request.complete).toBe(false);
  });
});
