/**
 * Whose request this is and how it came: the client's address, its origin and its place on Earth, through trusted
 * proxies only. Whatever an untrusted peer writes into these headers changes nothing, except that it is never taken for
 * proof that the client came by plain http.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { S3Error } from "../errors.ts";
import type { Client, Coordinates, HeaderFields, Peer } from "../model.ts";
import { type Hop, isForwarded, parseForwarded, parseXForwarded } from "./forwarded.ts";
import { NetworkMap } from "./networks.ts";

export interface ClientOptions {
  /** Networks or addresses whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
  /** `scheme://host[:port]` by which clients reach the gateway. */
  readonly publicUrl?: string | undefined;
}

/** What one kind of header says of the client: the left-most hop that was written by a trusted proxy. */
interface Account {
  readonly hop: Hop;
  /** The client's, or that of the last proxy whose word counts; undefined when the header names no address at all. */
  readonly address: string | undefined;
  /** `address` is no proxy's. */
  readonly certain: boolean;
  /** Some hop came by https, whoever wrote it. */
  readonly https: boolean;
}

/** Is that the address of a proxy whose word is believed? */
export function trustedProxyFinder(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = new NetworkMap<true>(trustedProxies.map((cidr) => [cidr, true] as const));
  return (address) => trusted.get(address) === true;
}

/**
 * The client's address is the right-most one that is no trusted proxy's. Where `Forwarded` and `X-Forwarded-For`
 * disagree the client may have written either: then it is the peer's own, and not certain.
 */
export function clientReader(options: ClientOptions): (peer: Peer, headers: HeaderFields) => Client {
  const trusted = new NetworkMap<true>(options.trustedProxies.map((cidr) => [cidr, true] as const));
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);
  const publicHttps = publicUrl?.protocol === "https:";
  return (peer, headers) => {
    const address = withoutMapping(peer.address);
    const host = headers["host"] ?? "";
    const proxy = trusted.get(address) === true;
    const direct = !proxy && !isForwarded(headers);
    const accounts = direct ? NO_ACCOUNTS : readAccounts(address, headers, trusted);
    if (!proxy)
      return {
        address,
        certain: true,
        direct,
        ...(peer.relayed && { relayed: true }),
        trustedPeer: direct && !peer.relayed && isLoopback(address),
        origin: originOf(peer.secure, host, publicUrl),
        mayBeHttps: peer.secure || publicHttps || accounts.some(isHttps) || !((direct && !peer.relayed) || publicUrl),
      };
    const named = accounts.filter((account) => account.address !== undefined);
    const [first] = named;
    const agreed = first !== undefined && named.every((account) => account.address === first.address);
    const http = accounts.length > 0 && accounts.every(({ hop }) => hop.protocol === "http");
    const https = !http && (peer.secure || accounts.some(isHttps));
    return {
      address: agreed ? (first.address ?? address) : address,
      certain: agreed && first.certain,
      direct,
      trustedPeer: true,
      origin: originOf(https, (agreed ? readHost(first.hop.host) : undefined) ?? host, publicUrl),
      mayBeHttps: https || publicHttps || !(http || publicUrl),
    };
  };
}

const NO_ACCOUNTS: readonly Account[] = [];

function isHttps({ https }: Account): boolean {
  return https;
}

function readAccounts(peer: string, headers: HeaderFields, trusted: NetworkMap<true>): readonly Account[] {
  const { forwarded, "x-forwarded-for": addresses, "x-forwarded-proto": protocols } = headers;
  const accounts: Account[] = [];
  if (forwarded !== undefined) accounts.push(believe(peer, parseForwarded(forwarded), trusted));
  if (addresses !== undefined || protocols !== undefined)
    accounts.push(believe(peer, parseXForwarded(addresses, protocols), trusted));
  return accounts;
}

/** From the right: the peer wrote the last hop, and the one that a hop names wrote the hop before it. */
function believe(peer: string, hops: readonly Hop[] | undefined, trusted: NetworkMap<true>): Account {
  if (hops === undefined) return { hop: {}, address: peer, certain: false, https: true };
  const https = hops.some(({ protocol }) => protocol === "https");
  let address = hops.some((hop) => hop.address !== undefined) ? peer : undefined;
  for (let index = hops.length - 1; index >= 0; index--) {
    const hop = hops[index] ?? {};
    const from = parseAddress(hop.address ?? "");
    if (from === undefined) return { hop, address, certain: false, https };
    address = from;
    if (trusted.get(from) !== true) return { hop, address, certain: true, https };
  }
  return { hop: hops[0] ?? {}, address, certain: false, https };
}

/** A client's own Host stands where it lies on the public URL's host, as `bucket.host` does. */
function originOf(https: boolean, host: string, publicUrl: URL | undefined): string {
  if (publicUrl === undefined) return `${https ? "https" : "http"}://${host}`;
  const isPublic = host === publicUrl.host || host.endsWith(`.${publicUrl.host}`);
  return isPublic ? `${publicUrl.protocol}//${host}` : publicUrl.origin;
}

/**
 * The place in `x-nearbucket-client: latitude,longitude`, heard from trusted peers only. Throws InvalidArgument when it
 * is no place.
 */
export function readClaimedPlace(headers: HeaderFields, trustedPeer: boolean): Coordinates | undefined {
  const claim = headers["x-nearbucket-client"];
  if (claim === undefined || !trustedPeer) return undefined;
  const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(claim);
  const [latitude, longitude] = [Number(match?.[1]), Number(match?.[2])];
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  throw new S3Error("InvalidArgument", {
    message: "x-nearbucket-client takes a latitude and a longitude, such as 52.37,4.90",
    elements: { ArgumentName: "x-nearbucket-client", ArgumentValue: claim },
  });
}

const LONGEST_ADDRESS = "[0000:0000:0000:0000:0000:0000:255.255.255.255%interface-name]:65535".length;

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; undefined for anything else, such as `unknown`. */
export function parseAddress(text: string): string | undefined {
  if (text.length > LONGEST_ADDRESS) return undefined;
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare).toString();
}

const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

function readHost(text: string | undefined): string | undefined {
  return text !== undefined && HOST.test(text) ? text : undefined;
}

function withoutMapping(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
