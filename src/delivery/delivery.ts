/**
 * How bytes reach this client: gathers the facts, asks the two pure functions (proximity, policy), and counts what they
 * said.
 */
import type { Fleet, FleetMember } from "../backends/fleet.ts";
import type { AuthenticationKind, Blob, Bucket, HeaderFields, RedirectMode, Region, StoredObject } from "../model.ts";
import { readClaimedPlace } from "./client-address.ts";
import { type ClientFamily, familyOf } from "./client-families.ts";
import {
  hasAmzHeader,
  hasDateCondition,
  hasEtagCondition,
  hasOwnAttributes,
  isFromBrowser,
  readAgent,
  readAttempt,
  readOverride,
} from "./facts.ts";
import { NetworkMap } from "./networks.ts";
import { decide, type RedirectFacts, type RedirectTarget, type Verdict } from "./policy.ts";
import { type Candidate, orderByProximity, type Place } from "./proximity.ts";
import { RecentRedirects } from "./recent-redirects.ts";
import { splitReplyHeaders } from "./reply-headers.ts";

export interface ReadRequest {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  readonly blob: Blob;
  readonly headers: HeaderFields;
  readonly query: URLSearchParams;
  readonly authentication: AuthenticationKind;
  readonly keyRedirect: RedirectMode | undefined;
  readonly accessKeyId: string | undefined;
  readonly requestOrigin: string;
  readonly clientAddress: string;
  readonly trustedPeer: boolean;
  /** Bytes the client asked for. */
  readonly bytes: number;
  /** False for a part number, subresource or SSE-C request: never redirected. */
  readonly plain: boolean;
  /** The reply headers a proxied answer would carry: redirected ones keep what the store can be told. */
  readonly replyHeaders: HeaderFields;
}

type Route =
  /**
   * Answer 307 with these headers (Location, Cache-Control, x-nearbucket-served, x-nearbucket-region,
   * x-amz-bucket-region).
   */
  | {
      readonly kind: "redirect";
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly rule: string;
    }
  /** Stream, trying backends in this order. */
  | {
      readonly kind: "proxy";
      readonly order: readonly string[];
      readonly headers: Readonly<Record<string, string>>;
      readonly rule: string;
    };

export interface Delivery {
  route(request: ReadRequest): Route;
}

export interface DeliveryOptions {
  readonly fleet: Fleet;
  readonly regions: readonly Region[];
  /**
   * Who may be sent to a backend: its client networks (absent: everybody), and pages of other origins (absent: none).
   */
  readonly backends: readonly {
    readonly name: string;
    readonly clientNetworks?: readonly string[] | undefined;
    readonly crossOrigin?: boolean | undefined;
  }[];
  readonly redirect: {
    readonly mode: RedirectMode;
    readonly minBytes: number;
    readonly expirySeconds: number;
    readonly mediaExpirySeconds: number;
    readonly rclone: boolean;
  };
  readonly clientMap: readonly { readonly cidr: string; readonly region: string }[];
  /** The gateway's region in S3's sense, for `x-amz-bucket-region`. */
  readonly region: string;
  readonly now: () => Date;
  readonly count: (kind: Route["kind"], rule: string, family: string) => void;
  /** Default Math.random. */
  readonly random?: () => number;
}

/** Where one backend may be read from, worked out once. */
interface PublicEndpoint {
  readonly target: RedirectTarget;
  readonly host: string;
  readonly https: boolean;
  readonly networks: NetworkMap<true> | undefined;
}

interface RankedReplica extends Candidate {
  readonly member: FleetMember;
}

export function openDelivery(options: DeliveryOptions): Delivery {
  return new Deliverer(options);
}

class Deliverer implements Delivery {
  readonly #options: DeliveryOptions;
  readonly #random: () => number;
  readonly #clientMap: NetworkMap<string>;
  readonly #regions: ReadonlyMap<string, Region>;
  readonly #endpoints = new Map<string, PublicEndpoint | undefined>();
  readonly #recent = new RecentRedirects();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#clientMap = new NetworkMap(options.clientMap.map(({ cidr, region }) => [cidr, region] as const));
    this.#regions = new Map(options.regions.map((region) => [region.name, region]));
    for (const { backend } of options.fleet.members())
      this.#endpoints.set(backend.name, readPublicEndpoint(backend, options));
  }

  route(request: ReadRequest): Route {
    const { redirect, count } = this.#options;
    const now = this.#options.now();
    const family = familyOf(readAgent(request.headers));
    const ranked = this.#ranked(request);
    const open = ranked.find(
      ({ member }) => member.up && !member.draining && this.#admits(member.backend.name, request.clientAddress),
    );
    const override = readOverride(request.headers, request.query);
    const mode = modeOf(request.keyRedirect ?? request.bucket.settings.redirect ?? redirect.mode, override);
    const memory = mode === "always" && override !== "always" ? memoryKey(request, family) : undefined;
    const verdict = decide(
      this.#facts(
        request,
        mode,
        override === "auto" ? undefined : override,
        family,
        open,
        this.#isRepeated(memory, now),
      ),
    );
    const url = verdict.kind === "redirect" && open !== undefined ? this.#sign(request, open, now) : undefined;
    if (url === undefined || open === undefined) return this.#proxy(verdict, ranked, family);
    if (memory !== undefined) this.#recent.remember(memory, now.getTime());
    count("redirect", verdict.rule, family.name);
    return {
      kind: "redirect",
      url,
      rule: verdict.rule,
      headers: this.#redirectHeaders(url, verdict.rule, open.region),
    };
  }

  /**
   * Replicas that are not lost, closest first; those on backends that drain or are down come last, for a proxy that has
   * no better one.
   */
  #ranked(request: ReadRequest): readonly RankedReplica[] {
    const { fleet } = this.#options;
    const good: RankedReplica[] = [];
    const draining: RankedReplica[] = [];
    const down: RankedReplica[] = [];
    for (const { backend: name, state } of request.blob.replicas) {
      const member = state === "verified" ? fleet.get(name) : undefined;
      if (member === undefined) continue;
      const { backend, region, latencyMs } = member;
      const one = { name, region: region.name, coordinates: region, latencyMs, capacity: backend.capacity, member };
      (member.up ? (member.draining ? draining : good) : down).push(one);
    }
    const place = good.length > 1 || draining.length > 1 || request.trustedPeer ? this.#place(request) : NOWHERE;
    const ordered = orderByProximity(good, place, this.#random);
    if (draining.length === 0 && down.length === 0) return ordered;
    return [...ordered, ...orderByProximity(draining, place, this.#random), ...down];
  }

  #place(request: ReadRequest): Place {
    const claimed = readClaimedPlace(request.headers, request.trustedPeer);
    if (claimed !== undefined) return { region: undefined, coordinates: claimed };
    const region = this.#clientMap.get(request.clientAddress);
    return region === undefined ? NOWHERE : { region, coordinates: this.#regions.get(region) };
  }

  #admits(backend: string, clientAddress: string): boolean {
    const endpoint = this.#endpoints.get(backend);
    return endpoint !== undefined && (endpoint.networks === undefined || endpoint.networks.get(clientAddress) === true);
  }

  #isRepeated(memory: string | undefined, now: Date): boolean {
    return memory !== undefined && this.#recent.has(memory, now.getTime());
  }

  // Written out field by field: rest and spread here cost more than all the rest of a redirect, signature included.
  #facts(
    request: ReadRequest,
    mode: RedirectMode,
    override: RedirectFacts["override"],
    family: ClientFamily,
    open: RankedReplica | undefined,
    repeated: boolean,
  ): RedirectFacts {
    const { headers, object, blob } = request;
    return {
      mode,
      override,
      family,
      repeated,
      plain: request.plain,
      attempt: readAttempt(headers),
      target: open === undefined ? undefined : this.#target(request, open.name),
      authentication: request.authentication,
      securityToken: headers["x-amz-security-token"] !== undefined,
      amzHeaders: hasAmzHeader(headers),
      dateCondition: hasDateCondition(headers),
      etagCondition: hasEtagCondition(headers),
      sameEtag: object.etag === blob.etag,
      ownAttributes: hasOwnAttributes(object, headers),
      bytes: request.bytes,
      minBytes: this.#options.redirect.minBytes,
      fetchMode: headers["sec-fetch-mode"],
      fromBrowser: isFromBrowser(headers),
      rclone: this.#options.redirect.rclone,
    };
  }

  #target({ requestOrigin, headers }: ReadRequest, backend: string): RedirectTarget | undefined {
    const endpoint = this.#endpoints.get(backend);
    if (endpoint === undefined) return undefined;
    const https = requestOrigin.startsWith("https:") || headers["x-forwarded-proto"] === "https";
    const host = hostOf(requestOrigin);
    const sameHost = endpoint.host === host || endpoint.host.endsWith(`.${host}`);
    const downgrade = https && !endpoint.https;
    return sameHost || downgrade ? { ...endpoint.target, sameHost, downgrade } : endpoint.target;
  }

  #sign(request: ReadRequest, { member }: RankedReplica, now: Date): string | undefined {
    const { expirySeconds, mediaExpirySeconds } = this.#options.redirect;
    const dest = request.headers["sec-fetch-dest"];
    const expiresSeconds = dest === "video" || dest === "audio" ? mediaExpirySeconds : expirySeconds;
    const { responseOverrides, replyHeaders } = splitReplyHeaders(request.replyHeaders, request.query);
    return member.backend.signedUrl(request.blob.storageKey, { now, expiresSeconds, responseOverrides, replyHeaders });
  }

  #redirectHeaders(url: string, rule: string, region: string): Readonly<Record<string, string>> {
    return {
      Location: url,
      "Cache-Control": "no-store",
      "x-nearbucket-served": `redirect; reason=${rule}`,
      "x-nearbucket-region": region,
      "x-amz-bucket-region": this.#options.region,
    };
  }

  #proxy(verdict: Verdict, ranked: readonly RankedReplica[], family: ClientFamily): Route {
    // A backend that signs no URL after all has no public door.
    const rule = verdict.kind === "redirect" ? "5-no-public-replica" : verdict.rule;
    this.#options.count("proxy", rule, family.name);
    const region = ranked[0]?.region;
    const served = `proxy; reason=${rule}`;
    const headers =
      region === undefined
        ? { "x-nearbucket-served": served }
        : { "x-nearbucket-served": served, "x-nearbucket-region": region };
    return { kind: "proxy", order: ranked.map(({ name }) => name), headers, rule };
  }
}

const NOWHERE: Place = { region: undefined, coordinates: undefined };

function readPublicEndpoint(
  backend: FleetMember["backend"],
  { backends }: DeliveryOptions,
): PublicEndpoint | undefined {
  const { publicEndpoint, replayedHeaders, honoursEmbeddedHeaders } = backend.traits;
  if (publicEndpoint === undefined) return undefined;
  const known = backends.find(({ name }) => name === backend.name);
  const networks = known?.clientNetworks;
  return {
    target: {
      downgrade: false,
      sameHost: false,
      replayedHeaders,
      honoursEmbeddedHeaders,
      crossOrigin: known?.crossOrigin ?? false,
    },
    host: hostOf(publicEndpoint),
    https: publicEndpoint.startsWith("https:"),
    networks: networks === undefined ? undefined : new NetworkMap(networks.map((cidr) => [cidr, true] as const)),
  };
}

function modeOf(mode: RedirectMode, override: ReturnType<typeof readOverride>): RedirectMode {
  return override === "auto" && mode === "always" ? "auto" : mode;
}

/** Only clients that are not known to follow are watched: a follower that reads the same bytes twice is no retry. */
function memoryKey(request: ReadRequest, family: ClientFamily): string | undefined {
  const conduct = request.authentication === "header" ? family.signing : family.plain;
  if (conduct === "follows" || conduct === "modified-time") return undefined;
  const { headers, bucket, object } = request;
  return `${request.accessKeyId ?? ""}\n${headers["user-agent"] ?? ""}\n${bucket.id}/${object.key}\n${headers["range"] ?? ""}`;
}

/** The host of an origin, without scheme and port. */
function hostOf(origin: string): string {
  const start = origin.indexOf("//") + 2;
  const end = origin.charAt(start) === "[" ? origin.indexOf("]", start) + 1 : origin.indexOf(":", start);
  return (end < start ? origin.slice(start) : origin.slice(start, end)).toLowerCase();
}
