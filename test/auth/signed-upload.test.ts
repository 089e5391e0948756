// Signed uploads over real connections: every form of a body arrives complete, or not at all.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAuthenticator } from "../../src/auth/authenticate.ts";
import { incomingBody } from "../../src/auth/incoming-body.ts";
import { S3Error } from "../../src/errors.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { readRawHeaders } from "../../src/protocol/raw-headers.ts";
import { signedFetch, type TestRequest } from "../support/sign.ts";
import { EXAMPLE_KEY } from "./verify.ts";

/** A server that lets in what is signed and answers with the body it read. */
async function startEcho(): Promise<{ endpoint: string; server: Server }> {
  const authenticator = openAuthenticator({
    findKey: async () => undefined,
    rootKey: { ...EXAMPLE_KEY, account: { id: 1, name: "root" } },
    unseal: async ({ sealedSecret }) => sealedSecret,
    noteUse: () => undefined,
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
      const text = await textOf(incoming.open());
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
