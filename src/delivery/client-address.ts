/**
 * Whose request this is and where on Earth: the client's address through trusted proxies only, and the place a trusted
 * peer claims. Whatever an untrusted peer writes into these headers changes nothing.
 */
import ipaddr from "ipaddr.js";
import { S3Error } from "../errors.ts";
import type { Coordinates, HeaderFields } from "../model.ts";
import { NetworkMap } from "./networks.ts";

export interface ClientAddress {
  /** Without brackets, port or the IPv4-in-IPv6 prefix. */
  readonly address: string;
  /** The peer itself is loopback or a trusted proxy. */
  readonly trustedPeer: boolean;
}

/**
 * For `trustedProxies`, networks or addresses: reads the right-most address that is not one of them. X-Forwarded-For
 * goes before Forwarded.
 */
export function clientAddressReader(
  trustedProxies: readonly string[],
): (socketAddress: string, headers: HeaderFields) => ClientAddress {
  const trusted = new NetworkMap<true>(trustedProxies.map((cidr) => [cidr, true] as const));
  return (socketAddress, headers) => {
    const peer = withoutMapping(socketAddress);
    const proxy = trusted.get(peer) === true;
    if (!proxy) return { address: peer, trustedPeer: isLoopback(peer) };
    const forwarded = headers["x-forwarded-for"]?.split(",") ?? readForwarded(headers["forwarded"]);
    let address = peer;
    for (let index = forwarded.length - 1; index >= 0; index--) {
      const hop = parseHop(forwarded[index] ?? "");
      if (hop === undefined) break;
      address = hop;
      if (trusted.get(hop) !== true) break;
    }
    return { address, trustedPeer: true };
  };
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

/** The `for=` of each element, left to right. */
function readForwarded(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  return header
    .split(",")
    .map((element) => /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s]+)/i.exec(element)?.[1]?.replaceAll('"', "") ?? "");
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; undefined for anything else, such as `unknown`. */
function parseHop(text: string): string | undefined {
  const trimmed = text.trim();
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  return ipaddr.isValid(bare) ? withoutMapping(bare) : undefined;
}

function withoutMapping(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
