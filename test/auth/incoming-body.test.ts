import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { incomingBody } from "../../src/auth/incoming-body.ts";
import type { PayloadMode } from "../../src/auth/payload-mode.ts";
import { S3Error } from "../../src/errors.ts";
import type { IncomingBody } from "../../src/protocol/incoming-body.ts";
import { refusal } from "./verify.ts";

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

  it("may be empty, or already read to its end", async () => {
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

  it("arrives at the pace of its reader", async () => {
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

  it("does no harm after the body was abandoned", async () => {
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
