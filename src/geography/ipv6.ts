/** IPv6 addresses as eight numbers of 16 bits. */
import { isIPv6 } from "node:net";
import { readIPv4 } from "./ipv4.ts";

const LONGEST = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%interface-name-0".length;

/** Undefined: no IPv6 address. A zone, as in `fe80::1%eth0`, is left away. */
export function readIPv6(text: string): readonly number[] | undefined {
  if (text.length > LONGEST || !isIPv6(text)) return undefined;
  const zone = text.indexOf("%");
  const bare = zone < 0 ? text : text.slice(0, zone);
  const gap = bare.indexOf("::");
  if (gap < 0) return readParts(bare);
  const [before, after] = [readParts(bare.slice(0, gap)), readParts(bare.slice(gap + 2))];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** The IPv4 address of `::ffff:192.0.2.1`; undefined: it carries none in this form. */
export function mappedIPv4(parts: readonly number[]): number | undefined {
  for (let index = 0; index < 5; index++) if (parts[index] !== 0) return undefined;
  return parts[5] === 0xffff ? lastIPv4(parts) : undefined;
}

/** What its last 32 bits are as an IPv4 address. */
export function lastIPv4([, , , , , , seventh = 0, eighth = 0]: readonly number[]): number {
  return seventh * 65_536 + eighth;
}

function readParts(text: string): readonly number[] {
  if (text === "") return [];
  const parts = text.split(":");
  const dotted = readIPv4(parts.at(-1) ?? "");
  if (dotted === undefined) return parts.map(hexadecimal);
  return [...parts.slice(0, -1).map(hexadecimal), dotted >>> 16, dotted & 0xffff];
}

function hexadecimal(part: string): number {
  return Number.parseInt(part, 16);
}
