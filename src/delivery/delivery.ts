/**
 * How bytes reach this client: gathers the facts, asks the two pure functions (proximity, policy), and counts what they
 * said.
 */
import type { Fleet } from "../backends/fleet.ts";
import type { RedirectMode, Region } from "../model.ts";
import { type ClientFamily, familyOf } from "./client-families.ts";
import { type ClientMapRow, clientPlaceReader } from "./client-place.ts";
import { gatherFacts, type Override, readAgent, readOverride } from "./facts.ts";
import { decide, type Verdict } from "./policy.ts";
import { type Place, SIMILAR_MS, UNEXPLAINED_MS } from "./proximity.ts";
import { admits, type BackendAudience, publicEndpointFinder, targetFor } from "./public-endpoints.ts";
import { type RankedReplica, rankReplicas } from "./ranking.ts";
import type { ReadRequest } from "./read-request.ts";
import { RecentRedirects } from "./recent-redirects.ts";
import { repeatedReadKey } from "./repeated-read.ts";
import { proxyHeaders, redirectHeaders, splitReplyHeaders } from "./reply-headers.ts";
import { type LifetimeOptions, urlLifetime } from "./url-lifetime.ts";

type Route =
  /**
   * Answer 307 with these headers (Location, Cache-Control, x-nearbucket-served, x-nearbucket-region,
   * x-amz-bucket-region).
   */
  | {
      readonly kind: "redirect";
      readonly backend: string;
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
  readonly backends: readonly BackendAudience[];
  readonly redirect: LifetimeOptions & {
    readonly mode: RedirectMode;
    readonly minBytes: number;
    readonly rclone: boolean;
    /** A client that came by https may be sent to a backend by http. */
    readonly allowInsecureRedirects: boolean;
  };
  readonly clientMap: readonly ClientMapRow[];
  /** The gateway's region in S3's sense, for `x-amz-bucket-region`. */
  readonly region: string;
  readonly now: () => Date;
  /** `bytes`: that the client asked for. */
  readonly count: (kind: Route["kind"], rule: string, family: string, bytes: number) => void;
  /** Default Math.random. */
  readonly random?: () => number;
}

export function openDelivery(options: DeliveryOptions): Delivery {
  return new Deliverer(options);
}

class Deliverer implements Delivery {
  readonly #options: DeliveryOptions;
  readonly #random: () => number;
  readonly #placeOf: (request: ReadRequest) => Place;
  readonly #endpointOf: ReturnType<typeof publicEndpointFinder>;
  readonly #recent = new RecentRedirects();

  constructor(options: DeliveryOptions) {
    const { backends, clientMap, regions } = options;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#placeOf = clientPlaceReader(clientMap, regions);
    this.#endpointOf = publicEndpointFinder(backends);
  }

  route(request: ReadRequest): Route {
    const { fleet, redirect } = this.#options;
    const now = this.#options.now();
    const family = familyOf(readAgent(request.headers));
    const override = readOverride(request.headers, request.query);
    const mode = modeOf(request.keyRedirect ?? request.bucket.settings.redirect ?? redirect.mode, override);
    const place = this.#placeOf(request);
    const isPlaceKnown = place.coordinates !== undefined;
    const rank = (similarMs: number) => rankReplicas(request.blob.replicas, fleet, place, this.#random, similarMs);
    // What is far from here need not be far from a client that may be anywhere.
    const ranked = rank(isPlaceKnown ? SIMILAR_MS : UNEXPLAINED_MS);
    const closest = ranked.find((replica) => this.#mayRedirectTo(replica, request));
    const endpoint = closest && this.#endpointOf(closest.member.backend);
    const readKey = mode === "always" && override !== "always" ? repeatedReadKey(request, family) : undefined;
    const repeated = readKey !== undefined && this.#recent.has(readKey, now.getTime());
    const target = endpoint && targetFor(endpoint, request, redirect.allowInsecureRedirects);
    const seconds = urlLifetime(request, redirect, now);
    const ending = seconds === undefined;
    const verdict = decide(gatherFacts(request, { mode, override, family, ending, repeated, target, redirect }));
    const url =
      verdict.kind === "redirect" && closest !== undefined && seconds !== undefined
        ? sign(request, closest, now, seconds)
        : undefined;
    if (closest === undefined || url === undefined)
      return this.#proxy(verdict, isPlaceKnown ? ranked : rank(SIMILAR_MS), family, request.bytes);
    if (readKey !== undefined) this.#recent.remember(readKey, now.getTime());
    return this.#redirect(verdict, url, closest, family, request.bytes);
  }

  #mayRedirectTo({ member }: RankedReplica, { clientAddress }: ReadRequest): boolean {
    const endpoint = this.#endpointOf(member.backend);
    const isFit = member.up && !member.draining && member.reads.state === "closed";
    return endpoint !== undefined && isFit && admits(endpoint, clientAddress);
  }

  #redirect(
    { rule }: Verdict,
    url: string,
    { name: backend, region }: RankedReplica,
    family: ClientFamily,
    bytes: number,
  ): Route {
    this.#options.count("redirect", rule, family.name, bytes);
    const headers = redirectHeaders({ url, rule, region, bucketRegion: this.#options.region });
    return { kind: "redirect", backend, url, rule, headers };
  }

  #proxy(verdict: Verdict, ranked: readonly RankedReplica[], family: ClientFamily, bytes: number): Route {
    // A backend that signs no URL after all counts as one without a public endpoint.
    const rule = verdict.kind === "redirect" ? "5-no-public-replica" : verdict.rule;
    this.#options.count("proxy", rule, family.name, bytes);
    return {
      kind: "proxy",
      order: ranked.map(({ name }) => name),
      rule,
      headers: proxyHeaders(rule, ranked[0]?.region),
    };
  }
}

function sign(
  { blob, replyHeaders: headers, query }: ReadRequest,
  { member }: RankedReplica,
  now: Date,
  expiresSeconds: number,
): string | undefined {
  const { responseOverrides, replyHeaders } = splitReplyHeaders(headers, query);
  return member.backend.signedUrl(blob.storageKey, { now, expiresSeconds, responseOverrides, replyHeaders });
}

function modeOf(mode: RedirectMode, override: Override | undefined): RedirectMode {
  return override === "auto" && mode === "always" ? "auto" : mode;
}
