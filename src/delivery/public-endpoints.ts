/** Where each backend may be read from by clients, worked out once for each. */
import type { Backend } from "../backends/backend.ts";
import type { RedirectAbilities } from "../registration.ts";
import { NetworkMap } from "./networks.ts";
import type { ReadRequest } from "./read-request.ts";
import type { RedirectTarget } from "./redirect-facts.ts";

/** Who may be redirected to a backend, and what it costs to read there. */
export interface BackendAudience {
  readonly name: string;
  /** Of a byte, in any unit that all share. Absent: nothing. */
  readonly egressCost?: number | undefined;
  /** Absent: everybody. */
  readonly clientNetworks?: readonly string[] | undefined;
  /** May pages of other origins read there? Absent: no. */
  readonly crossOrigin?: boolean | undefined;
}

export interface PublicEndpoint {
  /** In lower case, without scheme and port. */
  readonly host: string;
  readonly https: boolean;
  /** Undefined: everybody. */
  readonly networks: NetworkMap<true> | undefined;
  /** For a request that comes from neither https nor a host of the same name. */
  readonly target: RedirectTarget;
  /** The same where the store was found to bear replayed headers. */
  readonly tolerantTarget: RedirectTarget;
}

/** Finds the endpoint of a backend; undefined: it has none. `audiences` may grow when backends are attached. */
export function publicEndpointFinder(
  audiences: readonly BackendAudience[],
): (backend: Pick<Backend, "name" | "traits">) => PublicEndpoint | undefined {
  const known = new WeakMap<object, { readonly endpoint: PublicEndpoint | undefined }>();
  return (backend) => {
    const found = known.get(backend);
    if (found !== undefined) return found.endpoint;
    const endpoint = readPublicEndpoint(
      backend.traits,
      audiences.find(({ name }) => name === backend.name),
    );
    known.set(backend, { endpoint });
    return endpoint;
  };
}

function readPublicEndpoint(
  { publicEndpoint, replayedHeaders, honoursEmbeddedHeaders }: Backend["traits"],
  audience: BackendAudience | undefined,
): PublicEndpoint | undefined {
  if (publicEndpoint === undefined) return undefined;
  const { clientNetworks, crossOrigin = false } = audience ?? {};
  const target: RedirectTarget = {
    ...{ downgrade: false, sameHost: false, honoursEmbeddedHeaders, crossOrigin },
    replayedHeaders: replayedHeaders === "tolerate" ? "tolerate" : "strict",
  };
  return {
    host: hostOf(publicEndpoint),
    https: publicEndpoint.startsWith("https:"),
    networks: clientNetworks && new NetworkMap(clientNetworks.map((cidr) => [cidr, true] as const)),
    target,
    tolerantTarget: replayedHeaders === "auto" ? { ...target, replayedHeaders: "tolerate" } : target,
  };
}

export function admits({ networks }: PublicEndpoint, clientAddress: string): boolean {
  return networks === undefined || networks.get(clientAddress) === true;
}

/** What this endpoint is to this request. `abilities`: of its store, as far as they are known. */
export function targetFor(
  endpoint: PublicEndpoint,
  { requestOrigin, mayBeHttps }: ReadRequest,
  allowInsecure: boolean,
  abilities: RedirectAbilities | undefined,
): RedirectTarget {
  const target = abilities?.replayedHeaders === "tolerate" ? endpoint.tolerantTarget : endpoint.target;
  const host = hostOf(requestOrigin);
  const sameHost = endpoint.host === host || endpoint.host.endsWith(`.${host}`);
  const downgrade = mayBeHttps && !endpoint.https && !allowInsecure;
  return sameHost || downgrade ? { ...target, sameHost, downgrade } : target;
}

/** The host of an origin, without scheme and port. */
function hostOf(origin: string): string {
  const start = origin.indexOf("//") + 2;
  const end = origin.charAt(start) === "[" ? origin.indexOf("]", start) + 1 : origin.indexOf(":", start);
  return (end < start ? origin.slice(start) : origin.slice(start, end)).toLowerCase();
}
