/**
 * How bytes reach this client: gathers the facts, asks the two pure functions (proximity, policy), and counts what they
 * said.
 */
import type { Fleet } from "../backends/fleet.ts";
import type { Geography } from "../geography/geography.ts";
import type { Blob, Coordinates, HeaderFields, RedirectMode, Region } from "../model.ts";
import type { ReadReplicaRule } from "../wanted.ts";
import { type ClientFamily, familyOf } from "./client-families.ts";
import { type ClientMapRow, clientPlaceReader } from "./client-place.ts";
import { type Explanation, explanationOf } from "./explain.ts";
import { gatherFacts, type Override, readAgent, readOverride } from "./facts.ts";
import { hasOtherAttributes, type Obstacle, obstacleTo } from "./obstacles.ts";
import { decide, type Step, trace, type Verdict } from "./policy.ts";
import {
  FROM_A_PLACE,
  FROM_ANYWHERE,
  FROM_THE_GATEWAY,
  NOWHERE,
  orderRegions,
  type Place,
  type Scale,
} from "./proximity.ts";
import { type BackendAudience, publicEndpointFinder, targetFor } from "./public-endpoints.ts";
import { farRegion, type RankedReplica, rankReplicas } from "./ranking.ts";
import type { ReadRequest } from "./read-request.ts";
import { RecentRedirects } from "./recent-redirects.ts";
import type { RedirectFacts } from "./redirect-facts.ts";
import { repeatedReadKey } from "./repeated-read.ts";
import { proxyHeaders, redirectHeaders, splitReplyHeaders } from "./reply-headers.ts";
import { SentAway } from "./sent-away.ts";
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
  /** Counts a read of what stands in the bucket that is taken over, which passes through the gateway in any case. */
  countComing(headers: HeaderFields, bytes: number): void;
  /**
   * What `route` would answer now, and why. Nothing is counted, and no redirect is remembered. `pretended`: where the
   * client is, in place of what its address or its request says.
   */
  explain(request: ReadRequest, pretended?: Coordinates): Explanation;
  /** Where a client of this address is, and the copy that it would be sent to; undefined: it could be sent to none. */
  closestTo(blob: Blob, clientAddress: string): { readonly place: Place; readonly replica: RankedReplica | undefined };
  /** The regions with a backend, closest to this client first; empty: nobody knows where it is. */
  regionsNear(client: Pick<ReadRequest, "headers" | "trustedPeer" | "clientAddress">): readonly string[];
}

/** What is found out about a read before the rules are asked. */
interface Considered {
  readonly now: Date;
  readonly family: ClientFamily;
  readonly place: Place;
  readonly ranked: readonly RankedReplica[];
  /** The closest replica that the client may be sent to. */
  readonly closest: RankedReplica | undefined;
  readonly seconds: number | undefined;
  /** How it is remembered that the client was sent away, beside its connection; undefined: it is not. */
  readonly readKey: string | undefined;
  readonly facts: RedirectFacts;
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
  readonly geography: Pick<Geography, "placeOf" | "asnOf">;
  /** The gateway's region in S3's sense, for `x-amz-bucket-region`. */
  readonly region: string;
  readonly now: () => Date;
  /** For buckets without a setting of their own. Default: no blob gets copies for readers. */
  readonly readReplicas?: ReadReplicaRule | undefined;
  /** Told of reads by clients in whose closest region no copy stands that is kept for safety. */
  readonly noteFarRead?: (blobId: number, region: string, rule: ReadReplicaRule) => void;
  /** `bytes`: that the client asked for. */
  readonly count: (kind: Route["kind"], rule: string, family: string, bytes: number) => void;
  /** Default Math.random. */
  readonly random?: () => number;
}

const UNSIGNED: Step = {
  rule: "5-no-public-replica",
  outcome: "proxy",
  why: "the closest backend that the client could be sent to signs no URL",
};

export function openDelivery(options: DeliveryOptions): Delivery {
  return new Deliverer(options);
}

class Deliverer implements Delivery {
  readonly #options: DeliveryOptions;
  readonly #random: () => number;
  readonly #placeOf: ReturnType<typeof clientPlaceReader>;
  readonly #endpointOf: ReturnType<typeof publicEndpointFinder>;
  readonly #costOf = (backend: string) => this.#options.backends.find(({ name }) => name === backend)?.egressCost ?? 0;
  readonly #recent = new RecentRedirects();
  readonly #sent = new SentAway();

  constructor(options: DeliveryOptions) {
    const { backends } = options;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#placeOf = clientPlaceReader(options);
    this.#endpointOf = publicEndpointFinder(backends);
  }

  route(request: ReadRequest): Route {
    const considered = this.#consider(request, this.#placeOf(request));
    this.#noteFarRead(request, considered);
    const { closest, readKey, family } = considered;
    const verdict = decide(considered.facts);
    const url = verdict.kind === "redirect" ? sign(request, considered) : undefined;
    if (closest === undefined || url === undefined)
      return this.#proxy(
        verdict,
        this.#rank(request, considered.place, proxyScale(considered.place)),
        family,
        request.bytes,
      );
    if (readKey !== undefined) this.#recent.remember(readKey, considered.now.getTime());
    if (mayHeal(request, considered.facts.override)) this.#sent.remember(request, considered.now.getTime());
    return this.#redirect(verdict, url, closest, family, request.bytes);
  }

  countComing(headers: HeaderFields, bytes: number): void {
    this.#options.count("proxy", "takeover", familyOf(readAgent(headers)).name, bytes);
  }

  explain(request: ReadRequest, pretended?: Coordinates): Explanation {
    const place: Place = pretended ? { ...NOWHERE, coordinates: pretended, source: "claimed" } : this.#placeOf(request);
    const considered = this.#consider(request, place);
    const steps = trace(considered.facts);
    const isRedirect = steps.at(-1)?.outcome === "redirect";
    const isSigned = isRedirect && sign(request, considered) !== undefined;
    const proxied = pretended ? FROM_THE_GATEWAY : proxyScale(place);
    const decided = {
      place,
      family: considered.family.name,
      blob: request.blob,
      obstacle: (replica: RankedReplica) => this.#obstacle(replica, request),
      steps: isRedirect && !isSigned ? [...steps, UNSIGNED] : steps,
      ...(isSigned
        ? { ranked: considered.ranked, scale: scaleFor(place), sentTo: considered.closest }
        : { ranked: this.#rank(request, place, proxied), scale: proxied, sentTo: undefined }),
    };
    return explanationOf(decided, this.#options.fleet);
  }

  closestTo(blob: Blob, clientAddress: string): ReturnType<Delivery["closestTo"]> {
    const place = this.#placeOf({ clientAddress, headers: {}, trustedPeer: false });
    const ranked = this.#rank({ blob }, place, scaleFor(place));
    return { place, replica: ranked.find(({ member }) => this.#obstacleFor(member, { clientAddress }) === undefined) };
  }

  regionsNear(client: Pick<ReadRequest, "headers" | "trustedPeer" | "clientAddress">): readonly string[] {
    const { fleet } = this.#options;
    const regions = new Map(fleet.members().map(({ region }) => [region.name, region]));
    return orderRegions([...regions.values()], this.#placeOf(client));
  }

  #noteFarRead({ bucket, blob }: ReadRequest, { place }: Considered): void {
    const { fleet, noteFarRead, readReplicas } = this.#options;
    const rule = bucket.settings.readReplicas ?? readReplicas;
    if (noteFarRead === undefined || rule === undefined || rule === "off" || place.coordinates === undefined) return;
    const region = farRegion(blob, fleet, place);
    if (region !== undefined) noteFarRead(blob.id, region, rule);
  }

  #consider(request: ReadRequest, place: Place): Considered {
    const { redirect } = this.#options;
    const now = this.#options.now();
    const family = familyOf(readAgent(request.headers));
    const override = readOverride(request.headers, request.query);
    const mode = modeOf(request.keyRedirect ?? request.bucket.settings.redirect ?? redirect.mode, override);
    const ranked = this.#rank(request, place, scaleFor(place));
    const closest = ranked.find((replica) => this.#obstacle(replica, request) === undefined);
    const endpoint = closest && this.#endpointOf(closest.member.backend);
    const readKey = mode === "always" && override !== "always" ? repeatedReadKey(request, family) : undefined;
    const repeated =
      (readKey !== undefined && this.#recent.has(readKey, now.getTime())) ||
      (mayHeal(request, override) && this.#sent.has(request, now.getTime()));
    const target = endpoint && targetFor(endpoint, request, redirect.allowInsecureRedirects, closest?.member.abilities);
    const seconds = urlLifetime(request, redirect, now);
    const ending = seconds === undefined;
    const facts = gatherFacts(request, { mode, override, family, ending, repeated, target, redirect });
    return { now, family, place, ranked, closest, seconds, readKey, facts };
  }

  #rank({ blob }: Pick<ReadRequest, "blob">, place: Place, scale: Scale): readonly RankedReplica[] {
    return rankReplicas(blob, this.#options.fleet, place, this.#random, this.#costOf, scale);
  }

  #obstacle({ member }: RankedReplica, request: ReadRequest): Obstacle | undefined {
    if (hasOtherAttributes(member.backend.name, request)) return "other attributes";
    return this.#obstacleFor(member, request);
  }

  #obstacleFor(
    member: RankedReplica["member"],
    { clientAddress }: Pick<ReadRequest, "clientAddress">,
  ): Obstacle | undefined {
    return obstacleTo(member, this.#endpointOf(member.backend), clientAddress);
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

  #proxy(
    { kind, rule: decided }: Verdict,
    ranked: readonly RankedReplica[],
    family: ClientFamily,
    bytes: number,
  ): Route {
    const rule = kind === "redirect" ? UNSIGNED.rule : decided;
    this.#options.count("proxy", rule, family.name, bytes);
    return {
      kind: "proxy",
      order: ranked.map(({ name }) => name),
      rule,
      headers: proxyHeaders(rule, ranked[0]?.region),
    };
  }
}

/** Undefined also where the backend signs no URL after all: it counts as one without a public endpoint. */
function sign(
  { blob, replyHeaders: headers, query }: ReadRequest,
  { closest, now, seconds }: Considered,
): string | undefined {
  if (closest === undefined || seconds === undefined) return undefined;
  const { responseOverrides, replyHeaders } = splitReplyHeaders(headers, query);
  const options = { now, expiresSeconds: seconds, responseOverrides, replyHeaders };
  return closest.member.backend.signedUrl(blob.storageKey, options);
}

/** What is far from here need not be far from a client that may be anywhere. */
function scaleFor({ coordinates }: Place): Scale {
  return coordinates === undefined ? FROM_ANYWHERE : FROM_A_PLACE;
}

/** In which order the gateway reads itself. Who claims a place, as tests do, wants what stands there. */
function proxyScale({ source }: Place): Scale {
  return source === "claimed" ? FROM_A_PLACE : FROM_THE_GATEWAY;
}

/** Not one that says that it follows, nor a browser: those follow, and ask for the same page or film again. */
function mayHeal({ headers }: ReadRequest, override: Override | undefined): boolean {
  return override !== "always" && headers["sec-fetch-mode"] === undefined;
}

function modeOf(mode: RedirectMode, override: Override | undefined): RedirectMode {
  return override === "auto" && mode === "always" ? "auto" : mode;
}
