// AWS's published examples of Signature Version 4, as test vectors.
import { describe, expect, it } from "vitest";
import { ChunkedDecoder } from "../../src/auth/aws-chunked.ts";
import type { PayloadMode } from "../../src/auth/payload-mode.ts";
import { EMPTY_SHA256, signingKey } from "../../src/signature-v4.ts";
import { EXAMPLE_KEY, refusal, verify, type WireRequest } from "./verify.ts";

const MAY_2013 = "2013-05-24T00:00:00Z";
const HOST: [string, string] = ["Host", "examplebucket.s3.amazonaws.com"];
const DATE: [string, string] = ["x-amz-date", "20130524T000000Z"];
const EMPTY: [string, string] = ["x-amz-content-sha256", EMPTY_SHA256];

function signed(names: string, signature: string): [string, string] {
  return [
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=${EXAMPLE_KEY.accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${names},Signature=${signature}`,
  ];
}

const v4: Record<string, WireRequest> = {
  "GET Object": {
    method: "GET",
    target: "/test.txt",
    headers: [
      HOST,
      signed(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      ),
      ["Range", "bytes=0-9"],
      EMPTY,
      DATE,
    ],
  },
  "PUT Object": {
    method: "PUT",
    target: "/test$file.text",
    headers: [
      HOST,
      signed(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
      ),
      ["Date", "Fri, 24 May 2013 00:00:00 GMT"],
      DATE,
      ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
      ["x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"],
    ],
  },
  "GET Bucket Lifecycle": {
    method: "GET",
    target: "/?lifecycle",
    headers: [
      HOST,
      signed(
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
      ),
      DATE,
      EMPTY,
    ],
  },
  "Get Bucket (List Objects)": {
    method: "GET",
    target: "/?max-keys=2&prefix=J",
    headers: [
      HOST,
      signed(
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
      ),
      DATE,
      EMPTY,
    ],
  },
};

const PRESIGNED: WireRequest = {
  method: "GET",
  target:
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  headers: [HOST],
};

describe("Signature Version 4 in the header", () => {
  it.each(Object.entries(v4))("verifies the example %s", async (_name, request) => {
    const { caller, region } = await verify(request, MAY_2013);
    expect(caller).toMatchObject({
      account: { id: 7 },
      accessKeyId: EXAMPLE_KEY.accessKeyId,
      authentication: "header",
    });
    expect(region).toBe("us-east-1");
  });

  it.each(Object.entries(v4))("refuses the example %s with another path", async (_name, request) => {
    expect(await refusal(verify({ ...request, target: request.target.replace("/", "/x") }, MAY_2013))).toMatchObject({
      code: "SignatureDoesNotMatch",
      status: 403,
    });
  });
});

describe("Signature Version 4 in the query", () => {
  it("verifies the example until it expires, and not longer", async () => {
    for (const time of ["2013-05-23T23:46:00Z", MAY_2013, "2013-05-25T00:00:00Z"])
      expect((await verify(PRESIGNED, time)).caller.authentication).toBe("presigned");
    expect(await refusal(verify(PRESIGNED, "2013-05-25T00:00:01Z"))).toEqual({
      code: "AccessDenied",
      status: 403,
      message: "Request has expired",
      elements: { "X-Amz-Expires": "86400", Expires: "2013-05-25T00:00:00Z", ServerTime: "2013-05-25T00:00:01Z" },
    });
    expect(await refusal(verify(PRESIGNED, "2013-05-23T23:44:59Z"))).toMatchObject({
      code: "AccessDenied",
      message: "Request is not valid yet",
    });
  });
});

const CHUNKED: WireRequest = {
  method: "PUT",
  target: "/examplebucket/chunkObject.txt",
  headers: [
    ["Host", "s3.amazonaws.com"],
    DATE,
    ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
    signed(
      "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    ),
    ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"],
    ["Content-Encoding", "aws-chunked"],
    ["x-amz-decoded-content-length", "66560"],
    ["Content-Length", "66824"],
  ],
};

const TRAILER: WireRequest = {
  method: "PUT",
  target: "/examplebucket/chunkObject.txt",
  headers: [
    ["Host", "s3.amazonaws.com"],
    DATE,
    ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
    signed(
      "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    ),
    ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"],
    ["Content-Encoding", "aws-chunked"],
    ["x-amz-decoded-content-length", "66560"],
    ["x-amz-trailer", "x-amz-checksum-crc32c"],
    ["Content-Length", "67010"],
  ],
};

function decode(payload: PayloadMode, announced: readonly string[], body: string) {
  if (payload.kind !== "chunked") throw new Error(`not chunked but ${payload.kind}`);
  const decoder = new ChunkedDecoder({ signing: payload.signing, trailer: payload.trailer, announced, length: 66_560 });
  const chunks: Buffer[] = [];
  decoder.write(Buffer.from(body, "latin1"), (bytes) => chunks.push(bytes));
  decoder.end();
  return { content: Buffer.concat(chunks).toString(), trailers: decoder.trailers };
}

const CONTENT = "a".repeat(66_560);

describe("aws-chunked", () => {
  it("verifies the example of signed chunks, from the seed signature on", async () => {
    const { payload } = await verify(CHUNKED, MAY_2013);
    const body = [
      `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${"a".repeat(65_536)}\r\n`,
      `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(1024)}\r\n`,
      "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
    ].join("");
    expect(body).toHaveLength(66_824);
    expect(decode(payload, [], body)).toEqual({ content: CONTENT, trailers: {} });
  });

  it("verifies the example with a signed trailer", async () => {
    const { payload } = await verify(TRAILER, MAY_2013);
    const body = [
      `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${"a".repeat(65_536)}\r\n`,
      `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${"a".repeat(1024)}\r\n`,
      "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
      "x-amz-checksum-crc32c:sOO8/Q==\r\n",
      "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
    ].join("");
    expect(decode(payload, ["x-amz-checksum-crc32c"], body)).toEqual({
      content: CONTENT,
      trailers: { "x-amz-checksum-crc32c": "sOO8/Q==" },
    });
  });
});

it("the signing key of AWS's example is derived", () => {
  expect(signingKey(EXAMPLE_KEY.secretAccessKey, "20130524/us-east-1/s3/aws4_request").toString("hex")).toBe(
    "dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378",
  );
});
