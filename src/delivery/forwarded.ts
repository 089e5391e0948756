/**
 * What proxies wrote about the request they passed on: `Forwarded` (RFC 7239), or `X-Forwarded-For` with
 * `X-Forwarded-Proto`. Pure, and linear in the length of the header; client.ts decides whom to believe.
 */
import type { HeaderFields } from "../model.ts";

/** One proxy's account of the request it received; the client's own proxy stands first. Values as written. */
export interface Hop {
  readonly address?: string | undefined;
  /** Lower case. */
  readonly protocol?: string | undefined;
  readonly host?: string | undefined;
}

/** The headers by which a proxy shows itself, in lower case. */
const TRACES = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "via"] as const;

/** Does any header say that somebody stood between the client and the peer? */
export function isForwarded(headers: HeaderFields): boolean {
  for (const name of TRACES) if (headers[name] !== undefined) return true;
  return false;
}

/** `name=value` or `name="quoted"`, and what ends it: `;` the pair, `,` the hop. Sticky: each byte is read once. */
const PAIR = /[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)/y;

/** The hops of a `Forwarded` header; undefined when any of it is malformed: who wrote what is then unknown. */
export function parseForwarded(header: string): readonly Hop[] | undefined {
  const hops: Hop[] = [];
  let pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (let end = ","; end !== ""; ) {
    const match = PAIR.exec(header);
    if (match === null) return undefined;
    const [, name = "", token, quoted = "", ending = ""] = match;
    pairs.set(name.toLowerCase(), token ?? quoted.replace(/\\(.)/g, "$1"));
    end = ending;
    if (end === ";") continue;
    hops.push({ address: pairs.get("for"), protocol: pairs.get("proto")?.toLowerCase(), host: pairs.get("host") });
    pairs = new Map();
  }
  return hops;
}

/**
 * The hops of the two older headers. A protocol belongs to a hop only where there is one for each: one protocol beside
 * two addresses may be either's.
 */
export function parseXForwarded(addresses: string | undefined, protocols: string | undefined): readonly Hop[] {
  const from = addresses?.split(",") ?? [];
  const by = protocols?.split(",").map((protocol) => protocol.trim().toLowerCase()) ?? [];
  const count = Math.max(from.length, by.length);
  return Array.from({ length: count }, (_, index) => ({
    address: from[index - (count - from.length)]?.trim(),
    protocol: by.length === count ? by[index] : undefined,
  }));
}
