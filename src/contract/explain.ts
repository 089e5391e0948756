/** Which copy a client would get, and why: delivery's own decision, step by step. */
import { z } from "zod";
import { count, time } from "./common.ts";
import { objectQuery } from "./objects.ts";

const coordinates = z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });

export const explainQuery = objectQuery.extend({
  /** The client's address; absent: the caller's own. */
  address: z.string().max(64).optional(),
  /** In place of what the address says: where the client is. */
  latitude: z.coerce.number().min(-90).max(90).optional(),
  longitude: z.coerce.number().min(-180).max(180).optional(),
  /** The client's User-Agent; absent: the caller's own. */
  userAgent: z.string().max(1024).optional(),
  /** How the client proves who it is. */
  authentication: z.enum(["header", "query", "anonymous"]).default("header"),
});

export const explanation = z.object({
  client: z.object({
    address: z.string(),
    /** By the client map; absent: no row holds it. */
    region: z.string().optional(),
    coordinates: coordinates.optional(),
    /**
     * By what the place is known: what was claimed or pretended, the client map, or data about the address. Absent: it
     * is not known.
     */
    source: z.enum(["claimed", "client-map", "city", "country"]).optional(),
    /** ISO 3166-1 alpha-2, where data about the address tell. */
    country: z.string().optional(),
    family: z.string(),
  }),
  /** Closest first. */
  replicas: z.array(
    z.object({
      backend: z.string(),
      region: z.string(),
      coordinates,
      /** Absent: it is not known where the client is. */
      distanceKm: z.number().optional(),
      latencyMs: z.number().optional(),
      /** It is kept only for readers nearby, until then if they read no more. */
      readReplicaUntil: time.optional(),
      /** Absent: a client may be sent there. */
      notRedirectable: z.string().optional(),
    }),
  ),
  /** Replicas that are not read at all, and why. */
  left: z.array(z.object({ backend: z.string(), why: z.string() })),
  answer: z.object({
    kind: z.enum(["redirect", "proxy"]),
    /** Absent where no replica can be read. */
    backend: z.string().optional(),
    /** As in `x-nearbucket-served`. */
    rule: z.string(),
    /** The rule in a sentence. */
    because: z.string(),
  }),
  /** Each rule that was asked, in order, up to the one that decided. */
  steps: z.array(z.object({ rule: z.string(), outcome: z.enum(["passes", "redirect", "proxy"]), why: z.string() })),
});

/** So many addresses are asked about at once. */
export const MOST_ADDRESSES = 1000;

export const sharesAsked = z.strictObject({
  ...objectQuery.shape,
  addresses: z.array(z.string().max(64)).min(1).max(MOST_ADDRESSES),
});

/** Which region each of these clients would be sent to, if it were redirected. */
export const shares = z.object({
  regions: z.array(
    z.object({
      region: z.string(),
      addresses: count,
      /** Of those whose place is known, to the region; absent: no place is known. */
      meanKm: z.number().optional(),
      /** Of these addresses, those whose place is known. */
      placed: count,
    }),
  ),
  /** Addresses that could be sent to no copy: the gateway streams to them. */
  streamed: count,
});

export type Shares = z.infer<typeof shares>;
export type Explanation = z.infer<typeof explanation>;
