import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkedDecoder, type ChunkedOptions } from "../../src/auth/aws-chunked.ts";
import { hmac, signingKey } from "../../src/signature-v4.ts";
import { chunkedBody } from "../support/chunked-body.ts";

const SCOPE = "20261122/us-east-1/s3/aws4_request";
const KEY = signingKey("secret", SCOPE);
const TIMESTAMP = "20261122T120000Z";
const SEED = "5eed".repeat(16);
const signing = { key: KEY, timestamp: TIMESTAMP, scope: SCOPE, seed: SEED };
const signer = {
  timestamp: TIMESTAMP,
  scope: SCOPE,
  seed: SEED,
  sign: (text: string) => hmac(KEY, text).toString("hex"),
};
const TRAILERS = { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "abc=" };

const FORMS = ["chunked", "chunked-trailer", "unsigned-trailer"] as const;
type Form = (typeof FORMS)[number];

const encode = (content: Buffer, form: Form, chunkSize: number) =>
  chunkedBody(
    content,
    form,
    { chunkSize, trailers: form === "chunked" ? {} : TRAILERS },
    form === "unsigned-trailer" ? undefined : signer,
  );

function options(form: Form, length: number, more: Partial<ChunkedOptions> = {}): ChunkedOptions {
  const trailer = form !== "chunked";
  return {
    signing: form === "unsigned-trailer" ? undefined : signing,
    trailer,
    announced: trailer ? Object.keys(TRAILERS) : [],
    length,
    ...more,
  };
}

function decode(pieces: readonly Buffer[], given: ChunkedOptions) {
  const decoder = new ChunkedDecoder(given);
  const out: Buffer[] = [];
  for (const piece of pieces) decoder.write(piece, (bytes) => out.push(Buffer.from(bytes)));
  decoder.end();
  return { content: Buffer.concat(out), trailers: decoder.trailers };
}

function codeOf(pieces: readonly Buffer[], given: ChunkedOptions): string {
  try {
    decode(pieces, given);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
  return "none";
}

const text = (value: string) => Buffer.from(value, "latin1");
const CONTENT = Buffer.from("the quick brown fox jumps over the lazy dog, twice, and then some more of it");

describe.each(FORMS)("the form %s", (form) => {
  const wire = encode(CONTENT, form, 20);
  const given = options(form, CONTENT.length);
  const expected = { content: CONTENT, trailers: form === "chunked" ? {} : TRAILERS };

  it("is decoded in one piece, byte by byte, and cut at any one place", () => {
    expect(decode([wire], given)).toEqual(expected);
    expect(
      decode(
        Array.from(wire, (_, at) => wire.subarray(at, at + 1)),
        given,
      ),
    ).toEqual(expected);
    for (let at = 0; at <= wire.length; at += 1)
      expect(decode([wire.subarray(0, at), wire.subarray(at)], given)).toEqual(expected);
  });

  it("is decoded the same however content is chunked and the wire is cut", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
        (bytes, chunkSize, cuts) => {
          const content = Buffer.from(bytes);
          const whole = encode(content, form, chunkSize);
          const pieces: Buffer[] = [];
          let at = 0;
          for (const size of cuts) {
            pieces.push(whole.subarray(at, at + size));
            at += size;
          }
          pieces.push(whole.subarray(at));
          expect(decode(pieces, options(form, content.length)).content.equals(content)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is refused when cut short anywhere", () => {
    for (let at = 0; at < wire.length; at += 1) expect(codeOf([wire.subarray(0, at)], given)).toBe("IncompleteBody");
  });

  it("is never accepted as complete when one byte was changed, unless nothing protects that byte", () => {
    for (let at = 0; at < wire.length; at += 1) {
      const changed = Buffer.from(wire);
      changed[at] = (changed[at] as number) ^ 1;
      const code = codeOf([changed], given);
      if (form !== "unsigned-trailer") expect([at, code]).not.toEqual([at, "none"]);
    }
  });

  it("is refused when more or fewer bytes arrive than were declared", () => {
    expect(codeOf([wire], { ...given, length: CONTENT.length + 1 })).toBe("IncompleteBody");
    expect(codeOf([wire], { ...given, length: CONTENT.length - 1 })).toBe("IncompleteBody");
    expect(codeOf([wire, text("more")], given)).not.toBe("none");
  });

  it("is refused with something after the chunk's end", () => {
    const broken = Buffer.from(wire);
    broken.write("xx", wire.indexOf("\r\n", wire.indexOf("\r\n") + 2), "latin1");
    expect(codeOf([broken], given)).toBe("InvalidRequest");
  });

  it.each([
    "\r\n",
    "zz\r\n",
    "-1\r\n",
    "0x10\r\n",
    "14;chunk-signature=00\r\n",
    "14;other=1\r\n",
    "14\n",
    "14 \r\n",
    "FFFFFFFFFFFFFFFF\r\n",
    "0".repeat(300),
  ])("is refused with the chunk header %j", (header) => {
    expect(["InvalidRequest", "IncompleteBody"]).toContain(codeOf([text(header), text("x".repeat(20))], given));
  });

  it("holds an empty body", () => {
    expect(decode([encode(Buffer.alloc(0), form, 20)], options(form, 0)).content).toHaveLength(0);
  });
});

describe("signed chunks", () => {
  const wire = encode(CONTENT, "chunked", 20).toString("latin1");
  const given = options("chunked", CONTENT.length);
  const chunks = wire.split(/(?=14;chunk)/);

  it("are refused when one is dropped, repeated or moved", () => {
    const [first = "", second = "", ...rest] = chunks;
    const shorter = options("chunked", CONTENT.length - 20);
    expect(codeOf([text([first, ...rest].join(""))], shorter)).toBe("SignatureDoesNotMatch");
    expect(codeOf([text([first, first, ...rest].join(""))], given)).toBe("SignatureDoesNotMatch");
    expect(codeOf([text([second, first, ...rest].join(""))], given)).toBe("SignatureDoesNotMatch");
  });

  it("are refused when another request's signature began them", () => {
    expect(codeOf([text(wire)], { ...given, signing: { ...signing, seed: "0".repeat(64) } })).toBe(
      "SignatureDoesNotMatch",
    );
  });

  it("are refused without their signatures", () => {
    expect(codeOf([text(wire.replace(/;chunk-signature=[0-9a-f]+/g, ""))], given)).toBe("InvalidRequest");
  });

  it("do not let the last bytes of a wrong chunk out", () => {
    const decoder = new ChunkedDecoder(given);
    const out: Buffer[] = [];
    expect(() => decoder.write(text(wire.replace("quick", "slick")), (bytes) => out.push(bytes))).toThrow(
      expect.objectContaining({ code: "SignatureDoesNotMatch" }),
    );
    expect(out).toEqual([]);
  });

  it("are passed on as they arrive, before the chunk is complete", () => {
    const decoder = new ChunkedDecoder(given);
    const out: Buffer[] = [];
    decoder.write(text(wire.slice(0, 92)), (bytes) => out.push(bytes));
    expect(Buffer.concat(out).length).toBeGreaterThan(0);
  });
});

describe("unsigned chunks", () => {
  it("are refused when they carry signatures: someone meant another form", () => {
    const wire = encode(CONTENT, "chunked-trailer", 20);
    expect(codeOf([wire], options("unsigned-trailer", CONTENT.length))).toBe("InvalidRequest");
  });
});

describe("a trailer", () => {
  const unsigned = (trailer: string, announced = ["x-amz-checksum-crc32"]) =>
    codeOf([text(`1\r\na\r\n0\r\n${trailer}`)], options("unsigned-trailer", 1, { announced }));

  it("may end its lines as clients do", () => {
    for (const trailer of [
      "x-amz-checksum-crc32:AAAAAA==\r\n\r\n",
      "x-amz-checksum-crc32:AAAAAA==\n\r\n\r\n",
      "X-Amz-Checksum-Crc32: AAAAAA== \r\n\r\n",
    ])
      expect(unsigned(trailer)).toBe("none");
  });

  it("must hold what was announced, and nothing else", () => {
    expect(unsigned("\r\n")).toBe("MalformedTrailerError");
    expect(unsigned("\r\n", [])).toBe("none");
    expect(unsigned("x-amz-checksum-crc32:AAAAAA==\r\n\r\n", [])).toBe("MalformedTrailerError");
    expect(unsigned("x-amz-checksum-crc32c:AAAAAA==\r\n\r\n")).toBe("MalformedTrailerError");
    expect(unsigned("x-amz-checksum-crc32:AAAAAA==\r\nx-amz-tagging:a\r\n\r\n")).toBe("MalformedTrailerError");
    expect(unsigned("x-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:BBBBBB==\r\n\r\n")).toBe(
      "MalformedTrailerError",
    );
  });

  it("must be well-formed and short", () => {
    expect(unsigned("no colon here\r\n\r\n")).toBe("MalformedTrailerError");
    expect(unsigned(`x-amz-checksum-crc32:${"A".repeat(9000)}\r\n\r\n`)).toBe("MalformedTrailerError");
    expect(unsigned("x-amz-checksum-crc32:AAAAAA==\r\n")).toBe("IncompleteBody");
  });

  it("keeps a name that every object has", () => {
    const { trailers } = decode(
      [text("0\r\nconstructor:x\r\n\r\n")],
      options("unsigned-trailer", 0, { announced: ["constructor"] }),
    );
    expect(trailers).toEqual({ constructor: "x" });
  });

  it("that must be signed is refused without a signature, with a wrong one, and when it is not the last line", () => {
    const wire = encode(CONTENT, "chunked-trailer", 20).toString("latin1");
    const given = options("chunked-trailer", CONTENT.length);
    expect(codeOf([text(wire.replace(/x-amz-trailer-signature:.*\r\n/, ""))], given)).toBe("MalformedTrailerError");
    expect(codeOf([text(wire.replace("AAAAAA==", "BAAAAA=="))], given)).toBe("SignatureDoesNotMatch");
    expect(
      codeOf([text(wire.replace(/(x-amz-checksum-sha1:.*\r\n)(x-amz-trailer-signature:.*\r\n)/, "$2$1"))], given),
    ).toBe("MalformedTrailerError");
  });
});

describe("many chunks", () => {
  const refused = (chunkSize: number, length: number) => {
    try {
      decode([encode(Buffer.alloc(length), "unsigned-trailer", chunkSize)], options("unsigned-trailer", length));
    } catch (error) {
      const { code, elements } = error as { code: string; elements: Readonly<Record<string, string>> };
      return { code, ...elements };
    }
    return undefined;
  };

  it("may be of the sizes that clients choose", () => {
    for (const size of [8192, 16_384, 65_536, 131_072]) expect(refused(size, 4 * 1024 ** 2)).toBeUndefined();
  });

  it("may be smaller than S3 allows, down to 1 KiB on average", () => {
    expect(refused(1024, 4 * 1024 ** 2)).toBeUndefined();
    expect(refused(512, 4 * 1024 ** 2)).toMatchObject({ code: "InvalidChunkSizeError" });
  });

  it("may be tiny while they are few", () => {
    expect(refused(1, 1000)).toBeUndefined();
    expect(refused(1, 2000)).toEqual({ code: "InvalidChunkSizeError", Chunk: "1001", BadChunkSize: "1" });
  });

  it("are passed on together when they came together", () => {
    const wire = encode(Buffer.alloc(900, 1), "chunked", 1);
    const decoder = new ChunkedDecoder(options("chunked", 900));
    const out: Buffer[] = [];
    decoder.write(wire, (bytes) => out.push(bytes));
    expect(out).toEqual([Buffer.alloc(900, 1)]);
  });
});
