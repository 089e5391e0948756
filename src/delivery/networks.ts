/**
 * Networks and addresses: parsed once, asked often. An address that is none lies in no network; IPv4 in IPv6's clothes
 * counts as IPv4.
 */
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

const REMEMBERED_BYTES = 512 * 1024;

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. Throws when it is none of these. */
function parseNetwork(text: string): Network {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** Network -> value; the longest prefix wins. */
export class NetworkMap<T> {
  readonly #rows: readonly (readonly [Network, T])[];
  readonly #remembered = new LRUCache<string, { readonly value: T | undefined }>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_, address) => Math.max(1, address.length),
  });

  constructor(rows: readonly (readonly [cidr: string, value: T])[]) {
    this.#rows = rows.map(([cidr, value]) => [parseNetwork(cidr), value] as const).sort(([a], [b]) => b[1] - a[1]);
  }

  get(address: string): T | undefined {
    if (this.#rows.length === 0) return undefined;
    const known = this.#remembered.get(address);
    if (known !== undefined) return known.value;
    const value = this.#find(address);
    this.#remembered.set(address, { value });
    return value;
  }

  #find(text: string): T | undefined {
    if (!ipaddr.isValid(text)) return undefined;
    const address = ipaddr.process(text);
    for (const [[network, bits], value] of this.#rows)
      if (network.kind() === address.kind() && address.match(network, bits)) return value;
    return undefined;
  }
}
