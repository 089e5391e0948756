/** Routing without servers: real S3 backends that only sign URLs, and a read to route. */
import type { BreakerState } from "../../src/backends/breaker.ts";
import { GuardedBackend } from "../../src/backends/guarded-backend.ts";
import { openBackend } from "../../src/backends/kinds.ts";
import { Uptime } from "../../src/backends/uptime.ts";
import { type Delivery, type DeliveryOptions, openDelivery } from "../../src/delivery/delivery.ts";
import type { ReadRequest } from "../../src/delivery/read-request.ts";
import type { Replica } from "../../src/model.ts";
import type { RedirectAbilities } from "../../src/registration.ts";
import { unwatchedCalls } from "../support/calls.ts";

const MIB = 1024 ** 2;
const amsterdam = { name: "amsterdam", latitude: 52.37, longitude: 4.9 };
const toronto = { name: "toronto", latitude: 43.65, longitude: -79.38 };
const regions = [amsterdam, toronto];

export const redirect: DeliveryOptions["redirect"] = {
  mode: "auto",
  minBytes: MIB,
  expirySeconds: 120,
  mediaBuckets: [],
  rclone: false,
  allowInsecureRedirects: false,
};

/** Nobody knows anything of addresses. */
const nowhere: DeliveryOptions["geography"] = { placeOf: () => undefined, asnOf: () => undefined };

const calm = {
  failingSince: undefined,
  errorRate: undefined,
  latencyMs: undefined,
  usualMs: undefined,
};

export interface Bench {
  readonly delivery: Delivery;
  readonly counted: string[];
  readonly state: {
    now: Date;
    down: Set<string>;
    draining: Set<string>;
    failing: Set<string>;
    /** Of a read, by backend: 5 ms unless told. */
    latencyMs: Record<string, number>;
    /** By backend: what its store was found to do. */
    abilities: Record<string, RedirectAbilities>;
  };
}

/** Which backends are up, on which reads fail, and what time it is, is for the test to say in `state`. */
export async function bench(
  change: Partial<DeliveryOptions> = {},
  replayedHeaders: "tolerate" | "strict" | "auto" = "tolerate",
): Promise<Bench> {
  const state = {
    now: new Date("2030-01-01T00:00:00Z"),
    down: new Set<string>(),
    draining: new Set<string>(),
    failing: new Set<string>(),
    latencyMs: {} as Record<string, number>,
    abilities: {} as Record<string, RedirectAbilities>,
  };
  const open = (region: string) =>
    openBackend({
      kind: "s3",
      name: region,
      region,
      endpoint: "http://127.0.0.1:1",
      publicEndpoint: `http://${region}.example:9000`,
      bucket: "blobs",
      accessKeyId: "AK",
      secretAccessKey: "SK",
      replayedHeaders,
    });
  const uptime = new Uptime();
  const members = await Promise.all(
    regions.map(async (region) => {
      const backend = new GuardedBackend(await open(region.name), () => uptime, unwatchedCalls());
      return {
        backend,
        region,
        latencyMs: 5,
        get expectedReadMs() {
          return state.latencyMs[region.name] ?? 5;
        },
        writable: true,
        space: undefined,
        state: "attached" as const,
        identity: region.name,
        seenAt: state.now,
        lostSince: undefined,
        get abilities() {
          return state.abilities[region.name];
        },
        reads: {
          ...calm,
          get state(): BreakerState {
            return state.failing.has(region.name) ? "open" : "closed";
          },
        },
        writes: { ...calm, state: "closed" as const },
        get up() {
          return !state.down.has(region.name);
        },
        failure: undefined,
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
    isPresent: () => true,
    add: () => undefined,
    setRegistrations: () => undefined,
    setUsed: () => undefined,
    reportFailure: () => undefined,
    reportSuccess: () => undefined,
    probeNow: async () => undefined,
    close: async () => undefined,
  };
  const delivery = openDelivery({
    fleet,
    regions,
    backends: [],
    redirect,
    clientMap: [],
    geography: nowhere,
    region: "us-east-1",
    now: () => state.now,
    count: (kind, rule, family) => counted.push(`${kind} ${rule} ${family}`),
    random: () => 0.5,
    ...change,
  });
  return { delivery, counted, state };
}

export const replica = (backend: string, state: Replica["state"] = "verified"): Replica => ({
  backend,
  state,
  verifiedAt: new Date(0),
});

export function request(change: Partial<ReadRequest> = {}): ReadRequest {
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
    mayBeHttps: false,
    clientAddress: "192.0.2.1",
    trustedPeer: false,
    bytes: 8 * MIB,
    plain: true,
    replyHeaders: { "Content-Type": "text/plain", ETag: '"e"', "Content-Length": "8388608", "x-amz-request-id": "1" },
    ...change,
  };
}

/** A read by a signed URL that asks for a redirect. */
export const asked = (change: Partial<ReadRequest> = {}) =>
  request({
    authentication: "presigned",
    headers: { "user-agent": "curl/8" },
    query: new URLSearchParams("x-nearbucket-redirect=always"),
    ...change,
  });
export const trusted = (place: string, change: Partial<ReadRequest> = {}) =>
  request({ ...change, trustedPeer: true, headers: { "user-agent": "aws-sdk-go/1", "x-nearbucket-client": place } });
