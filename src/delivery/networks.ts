/**
 * Networks and addresses: parsed once, asked often, quickly also for addresses never seen before. An address that is
 * none lies in no network; IPv4 in IPv6's clothes counts as IPv4.
 */
import { readIPv4 } from "../geography/ipv4.ts";
import { mappedIPv4, readIPv6 } from "../geography/ipv6.ts";

/** What is left of an address when all bits behind a prefix are cut off. */
type Prefix = number | bigint;

/** Network -> value; the longest prefix wins. A lookup costs one step for each length of prefix that occurs. */
export class NetworkMap<T> {
  readonly #v4: Lengths<T>;
  readonly #v6: Lengths<T>;

  /** `10.0.0.0/8`, `2001:db8::/32`, or one address; of equal ones the first counts. Throws when one is no network. */
  constructor(rows: Iterable<readonly [cidr: string, value: T]>) {
    const [v4, v6] = [new Map<number, Map<Prefix, T>>(), new Map<number, Map<Prefix, T>>()];
    for (const [cidr, value] of rows) {
      const [address, bits] = parseNetwork(cidr);
      const lengths = typeof address === "number" ? v4 : v6;
      const networks = lengths.get(bits) ?? new Map<Prefix, T>();
      const prefix = prefixOf(address, bits);
      if (!networks.has(prefix)) networks.set(prefix, value);
      lengths.set(bits, networks);
    }
    this.#v4 = longestFirst(v4);
    this.#v6 = longestFirst(v6);
  }

  get(text: string): T | undefined {
    if (this.#v4.length === 0 && this.#v6.length === 0) return undefined;
    const address = parseAddress(text);
    if (address === undefined) return undefined;
    for (const [bits, networks] of typeof address === "number" ? this.#v4 : this.#v6) {
      const value = networks.get(prefixOf(address, bits));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

type Lengths<T> = readonly (readonly [bits: number, networks: ReadonlyMap<Prefix, T>])[];

function longestFirst<T>(lengths: ReadonlyMap<number, ReadonlyMap<Prefix, T>>): Lengths<T> {
  return [...lengths].sort(([a], [b]) => b - a);
}

function prefixOf(address: Prefix, bits: number): Prefix {
  // A shift by 32 is one by 0 in this language.
  if (typeof address === "number") return bits === 0 ? 0 : address >>> (32 - bits);
  return address >> BigInt(128 - bits);
}

function parseNetwork(text: string): readonly [address: Prefix, bits: number] {
  const [bare = "", bits] = text.split("/");
  const v4 = readIPv4(bare);
  const parts = v4 === undefined ? readIPv6(bare) : undefined;
  const whole = bits === undefined ? undefined : Number(bits);
  // An address alone may be IPv4 in IPv6's clothes; a network of them would match nobody, and stays what it says.
  const address = v4 ?? (parts && ((whole === undefined ? mappedIPv4(parts) : undefined) ?? numberOf(parts)));
  const most = typeof address === "number" ? 32 : 128;
  if (address === undefined || !(whole === undefined || (Number.isInteger(whole) && whole >= 0 && whole <= most)))
    throw new Error(`${text} is no network of addresses`);
  return [address, whole ?? most];
}

function parseAddress(text: string): Prefix | undefined {
  const v4 = readIPv4(text);
  if (v4 !== undefined) return v4;
  const parts = readIPv6(text);
  return parts && (mappedIPv4(parts) ?? numberOf(parts));
}

function numberOf(parts: readonly number[]): bigint {
  return [0, 2, 4, 6].reduce((sum, at) => (sum << 32n) | BigInt(pair(parts, at)), 0n);
}

function pair(parts: readonly number[], at: number): number {
  return (parts[at] ?? 0) * 65_536 + (parts[at + 1] ?? 0);
}
