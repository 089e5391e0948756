import { describe, expect, it } from "vitest";
import { openBackend } from "../../src/backends/kinds.ts";
import { type Delivery, type DeliveryOptions, openDelivery, type ReadRequest } from "../../src/delivery/delivery.ts";
import { openLog } from "../../src/log.ts";
import type { Replica } from "../../src/model.ts";

const MIB = 1024 ** 2;
const amsterdam = { name: "amsterdam", latitude: 52.37, longitude: 4.9 };
const toronto = { name: "toronto", latitude: 43.65, longitude: -79.38 };
const regions = [amsterdam, toronto];
const log = openLog("silent");

interface Bench {
  readonly delivery: Delivery;
  readonly counted: string[];
  readonly state: { now: Date; down: Set<string>; draining: Set<string> };
}

/** Real S3 backends that nothing answers for: routing asks them for URLs only. What is up is told by the test. */
async function bench(
  change: Partial<DeliveryOptions> = {},
  replayedHeaders: "tolerate" | "strict" = "tolerate",
): Promise<Bench> {
  const state = { now: new Date("2030-01-01T00:00:00Z"), down: new Set<string>(), draining: new Set<string>() };
  const open = (region: string) =>
    openBackend(
      {
        kind: "s3",
        name: region,
        region,
        endpoint: "http://127.0.0.1:1",
        publicEndpoint: `http://${region}.example:9000`,
        bucket: "blobs",
        accessKeyId: "AK",
        secretAccessKey: "SK",
        replayedHeaders,
      },
      { log },
    );
  const members = await Promise.all(
    regions.map(async (region) => {
      const backend = await open(region.name);
      return {
        backend,
        region,
        latencyMs: 5,
        whileUp: new AbortController().signal,
        get up() {
          return !state.down.has(region.name);
        },
        get draining() {
          return state.draining.has(region.name);
        },
      };
    }),
  );
  const counted: string[] = [];
  const fleet = {
    members: () => members,
    get: (name: string) => members.find(({ backend }) => backend.name === name),
    reportFailure: () => undefined,
    reportSuccess: () => undefined,
    probeNow: async () => undefined,
    close: async () => undefined,
  };
  const delivery = openDelivery({
    fleet,
    regions,
    backends: [],
    redirect: { mode: "auto", minBytes: MIB, expirySeconds: 120, mediaExpirySeconds: 21_600, rclone: false },
    clientMap: [],
    region: "us-east-1",
    now: () => state.now,
    count: (kind, rule, family) => counted.push(`${kind} ${rule} ${family}`),
    random: () => 0.5,
    ...change,
  });
  return { delivery, counted, state };
}

const replica = (backend: string, state: Replica["state"] = "verified"): Replica => ({
  backend,
  state,
  verifiedAt: new Date(0),
});

function request(change: Partial<ReadRequest> = {}): ReadRequest {
  return {
    bucket: {
      id: 1,
      name: "b",
      owner: { id: 1, name: "root" },
      location: "us-east-1",
      createdAt: new Date(0),
      settings: {},
    },
    object: {
      key: "k",
      versionId: "null",
      size: 8 * MIB,
      etag: "e",
      modifiedAt: new Date(0),
      attributes: { contentType: "text/plain", metadata: {} },
      checksum: undefined,
      parts: undefined,
    },
    blob: {
      id: 1,
      storageKey: "blobs/ab/cd",
      size: 8 * MIB,
      etag: "e",
      digest: undefined,
      partSizes: undefined,
      replicas: [replica("amsterdam"), replica("toronto")],
    },
    headers: { "user-agent": "aws-sdk-go/1.44.298" },
    query: new URLSearchParams(),
    authentication: "header",
    keyRedirect: undefined,
    accessKeyId: "AK",
    requestOrigin: "http://gateway.example:9000",
    clientAddress: "192.0.2.1",
    trustedPeer: false,
    bytes: 8 * MIB,
    plain: true,
    replyHeaders: { "Content-Type": "text/plain", ETag: '"e"', "Content-Length": "8388608", "x-amz-request-id": "1" },
    ...change,
  };
}

/** A read by a signed URL that asks for a redirect. */
const asked = (change: Partial<ReadRequest> = {}) =>
  request({
    authentication: "presigned",
    headers: { "user-agent": "curl/8" },
    query: new URLSearchParams("x-nearbucket-redirect=always"),
    ...change,
  });
const trusted = (place: string, change: Partial<ReadRequest> = {}) =>
  request({ ...change, trustedPeer: true, headers: { "user-agent": "aws-sdk-go/1", "x-nearbucket-client": place } });

describe("route", () => {
  it("redirects a follower with a signed URL that carries this name's headers, and says why", async () => {
    const { delivery, counted } = await bench();
    const route = delivery.route(trusted("52,5"));
    expect(route).toMatchObject({ kind: "redirect", rule: "14-client" });
    expect(route.headers).toEqual({
      Location: route.kind === "redirect" ? route.url : "",
      "Cache-Control": "no-store",
      "x-nearbucket-served": "redirect; reason=14-client",
      "x-nearbucket-region": "amsterdam",
      "x-amz-bucket-region": "us-east-1",
    });
    const url = new URL(route.headers["Location"] ?? "");
    expect(url.origin + url.pathname).toBe("http://amsterdam.example:9000/blobs/blobs/ab/cd");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      "response-content-type": "text/plain",
      "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
      "X-Amz-Expires": "120",
      "X-Amz-Date": "20300101T000000Z",
    });
    expect(counted).toEqual(["redirect 14-client aws-sdk-go"]);
  });

  it("lets the client's own response parameters win", async () => {
    const { delivery } = await bench();
    const route = delivery.route(
      request({ query: new URLSearchParams("response-content-type=a/b&response-expires=never&other=1") }),
    );
    const { searchParams } = new URL(route.headers["Location"] ?? "");
    expect([
      searchParams.get("response-content-type"),
      searchParams.get("response-expires"),
      searchParams.get("other"),
    ]).toEqual(["a/b", "never", null]);
  });

  it("gives media elements a longer time", async () => {
    const { delivery } = await bench();
    const headers = { "user-agent": "Mozilla/5.0", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "video" };
    const route = delivery.route(request({ authentication: "presigned", headers }));
    expect(route.rule).toBe("15-navigation");
    expect(new URL(route.headers["Location"] ?? "").searchParams.get("X-Amz-Expires")).toBe("21600");
  });

  it("orders a proxy's replicas by the claimed place, and names the region", async () => {
    const { delivery, counted } = await bench();
    const boto = { bytes: 1, headers: { "user-agent": "Boto3/1", "x-nearbucket-client": "43,-79" }, trustedPeer: true };
    expect(delivery.route(request(boto))).toEqual({
      kind: "proxy",
      order: ["toronto", "amsterdam"],
      rule: "12-small",
      headers: { "x-nearbucket-served": "proxy; reason=12-small", "x-nearbucket-region": "toronto" },
    });
    expect(counted).toEqual(["proxy 12-small boto3"]);
  });

  it("places a client by the network map, a claim going first", async () => {
    const { delivery } = await bench({ clientMap: [{ cidr: "192.0.2.0/24", region: "toronto" }] });
    expect(delivery.route(request()).headers["x-nearbucket-region"]).toBe("toronto");
    expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("amsterdam");
    expect(delivery.route({ ...trusted("52,5"), trustedPeer: false }).headers["x-nearbucket-region"]).toBe("toronto");
  });

  it("sends nobody to a replica that is lost, down or draining, and proxies from the last two only when nothing better is left", async () => {
    const { delivery, state } = await bench();
    const lost = request({ blob: { ...request().blob, replicas: [replica("amsterdam", "lost"), replica("toronto")] } });
    expect(delivery.route(lost).headers["x-nearbucket-region"]).toBe("toronto");
    state.down.add("amsterdam");
    expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("toronto");
    state.draining.add("toronto");
    expect(delivery.route(trusted("52,5"))).toMatchObject({
      kind: "proxy",
      rule: "5-no-public-replica",
      order: ["toronto", "amsterdam"],
    });
  });

  it("keeps clients from outside a backend's networks away from it", async () => {
    const { delivery } = await bench({
      backends: [{ name: "amsterdam", clientNetworks: ["10.0.0.0/8"] }, { name: "toronto" }],
    });
    expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("toronto");
    expect(delivery.route(trusted("52,5", { clientAddress: "10.1.1.1" })).headers["x-nearbucket-region"]).toBe(
      "amsterdam",
    );
  });

  it("asks the access key before the bucket, and the bucket before the gateway", async () => {
    const { delivery } = await bench();
    const bucket = { ...request().bucket, settings: { redirect: "always" as const } };
    const small = { bytes: 1, bucket };
    expect(delivery.route(request({ bytes: 1 })).rule).toBe("12-small");
    expect(delivery.route(request(small))).toMatchObject({ kind: "redirect" });
    expect(delivery.route(request({ ...small, keyRedirect: "off" })).rule).toBe("0-off");
  });

  it.each([
    ["header", { headers: { "user-agent": "x", "x-nearbucket-redirect": "never" } }, "3-opt-out"],
    ["query parameter", { query: new URLSearchParams("x-nearbucket-redirect=never") }, "3-opt-out"],
    ["User-Agent", { headers: { "user-agent": "aws-sdk-go/1 nearbucket-redirect/0" } }, "3-opt-out"],
    [
      "User-Agent of a page",
      { headers: { "user-agent": "Mozilla/5.0", "x-amz-user-agent": "aws-sdk-js/3 nearbucket-redirect/0" } },
      "3-opt-out",
    ],
    ["User-Agent, opting in", { headers: { "user-agent": "Boto3/1 nearbucket-redirect/1" } }, "13-opt-in"],
    [
      "header before User-Agent",
      { headers: { "user-agent": "Boto3/1 nearbucket-redirect/1", "x-nearbucket-redirect": "auto" } },
      "14-client",
    ],
    ["second attempt", { headers: { "user-agent": "aws-sdk-go/1", "amz-sdk-request": "attempt=2; max=3" } }, "4-retry"],
    [
      "first attempt",
      { headers: { "user-agent": "aws-sdk-go/1", "amz-sdk-request": "attempt=1; max=3" } },
      "14-client",
    ],
    ["https before a proxy", { headers: { "user-agent": "aws-sdk-go/1", "x-forwarded-proto": "https" } }, "6-host"],
    [
      "the backend's host",
      {
        requestOrigin: "http://amsterdam.example:1",
        headers: { "user-agent": "aws-sdk-go/1", "x-nearbucket-client": "52,5" },
        trustedPeer: true,
      },
      "6-host",
    ],
    ["a parent of the backend's host", { requestOrigin: "http://example" }, "6-host"],
    ["session token", { headers: { "user-agent": "aws-sdk-go/1", "x-amz-security-token": "t" } }, "7-security-token"],
    ["If-Modified-Since", { headers: { "user-agent": "aws-sdk-go/1", "if-modified-since": "x" } }, "9-date-condition"],
    [
      "If-Range with a date",
      { headers: { "user-agent": "aws-sdk-go/1", "if-range": "Tue, 01 Jan 2030 00:00:00 GMT" } },
      "9-date-condition",
    ],
    ["If-Range with an ETag", { headers: { "user-agent": "aws-sdk-go/1", "if-range": '"e"' } }, "14-client"],
    ["another ETag", { object: { ...request().object, etag: "f-2" } }, "10-etag"],
    ["user metadata", { object: { ...request().object, attributes: { metadata: { a: "b" } } } }, "11-attributes"],
    ["a version", { object: { ...request().object, versionId: "v" } }, "11-attributes"],
    [
      "a storage class",
      { object: { ...request().object, attributes: { metadata: {}, storageClass: "GLACIER" } } },
      "11-attributes",
    ],
    [
      "tags",
      { object: { ...request().object, attributes: { metadata: {}, tags: [{ key: "a", value: "b" }] } } },
      "11-attributes",
    ],
    ["not plain", { plain: false }, "1-not-plain"],
  ])("reads the facts: %s", async (_what, change, rule) => {
    const { delivery } = await bench();
    expect(delivery.route(request(change)).rule).toBe(rule);
  });

  it("minds a checksum only when it is asked for", async () => {
    const { delivery } = await bench();
    const object = {
      ...request().object,
      checksum: { algorithm: "CRC32", type: "FULL_OBJECT", value: "AAAAAA==" } as const,
    };
    expect(delivery.route(request({ object })).rule).toBe("14-client");
    expect(
      delivery.route(request({ object, headers: { ...request().headers, "x-amz-checksum-mode": "enabled" } })).rule,
    ).toBe("11-attributes");
  });

  it("keeps replayed headers from strict stores", async () => {
    const { delivery } = await bench({}, "strict");
    expect(delivery.route(request({ headers: { "user-agent": "aws-sdk-go/1", "x-amz-date": "d" } })).rule).toBe(
      "8-replayed-headers",
    );
    expect(delivery.route(asked()).rule).toBe("13-opt-in");
  });

  it("streams to a client of unknown conduct that comes back within ten seconds, and redirects it again later", async () => {
    const { delivery, state } = await bench({
      redirect: { mode: "always", minBytes: MIB, expirySeconds: 120, mediaExpirySeconds: 21_600, rclone: false },
    });
    const boto = request({ headers: { "user-agent": "Boto3/1" } });
    const rules = () => [
      delivery.route(boto).rule,
      delivery.route({ ...boto, headers: { ...boto.headers, range: "bytes=0-9" } }).rule,
    ];
    expect(rules()).toEqual(["14-client", "14-client"]);
    expect(rules()).toEqual(["4-retry", "4-retry"]);
    state.now = new Date(state.now.getTime() + 9_999);
    expect(delivery.route(boto).rule).toBe("4-retry");
    state.now = new Date(state.now.getTime() + 1);
    expect(delivery.route(boto).rule).toBe("14-client");
  });

  it("never holds a repeated read against a client that follows or asked", async () => {
    const { delivery } = await bench({
      redirect: { mode: "always", minBytes: MIB, expirySeconds: 120, mediaExpirySeconds: 21_600, rclone: false },
    });
    expect([1, 2, 3].map(() => delivery.route(request()).kind)).toEqual(["redirect", "redirect", "redirect"]);
    expect([1, 2, 3].map(() => delivery.route(asked()).kind)).toEqual(["redirect", "redirect", "redirect"]);
  });
});
