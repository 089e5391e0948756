/**
 * The address to look up for a client: public ones only, because private, loopback, link-local, documentation and
 * reserved addresses are in no country. An IPv6 address that only carries an IPv4 one (mapped, NAT64, 6to4) stands for
 * that one: it says where the client is. It proves nothing: whoever grants something looks at the address as it came.
 */
import { formatIPv4, readIPv4 } from "./ipv4.ts";
import { lastIPv4, mappedIPv4, readIPv6 } from "./ipv6.ts";

/** Undefined: not public, or no address at all. Never throws. */
export function publicAddress(text: string): string | undefined {
  const v4 = readIPv4(text);
  if (v4 !== undefined) return isPublicIPv4(v4) ? text : undefined;
  // An address with a zone is of one link only.
  const parts = text.includes("%") ? undefined : readIPv6(text);
  if (parts === undefined) return undefined;
  const carried = carriedIPv4(parts);
  if (carried !== undefined) return isPublicIPv4(carried) ? formatIPv4(carried) : undefined;
  return isPublicIPv6(parts) ? text : undefined;
}

/** The IPv4 address that an IPv6 one carries, as `192.0.2.1`; undefined: it carries none. */
export function carriedAddress(text: string): string | undefined {
  const parts = text.includes(":") && !text.includes("%") ? readIPv6(text) : undefined;
  const carried = parts && carriedIPv4(parts);
  return carried === undefined ? undefined : formatIPv4(carried);
}

function carriedIPv4(parts: readonly number[]): number | undefined {
  const [first = 0, second = 0, third = 0] = parts;
  if (first === 0x2002) return second * 65_536 + third;
  const isNat64 = first === 0x64 && second === 0xff9b && parts.slice(2, 6).every((part) => part === 0);
  return isNat64 ? lastIPv4(parts) : mappedIPv4(parts);
}

/** By IANA's registry of special-purpose addresses; multicast and what lies above it are given to nobody. */
function isPublicIPv4(address: number): boolean {
  const [a, b, c] = [address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff];
  switch (a) {
    case 0:
    case 10:
    case 127:
      return false;
    case 100:
      return b < 64 || b > 127;
    case 169:
      return b !== 254;
    case 172:
      return b < 16 || b > 31;
    case 192:
      return b !== 168 && !(b === 0 && (c === 0 || c === 2)) && !(b === 88 && c === 99);
    case 198:
      return b !== 18 && b !== 19 && !(b === 51 && c === 100);
    case 203:
      return b !== 0 || c !== 113;
    default:
      return a < 224;
  }
}

/** Of 2000::/3, without what is for protocols (2001::/23) and for documentation (2001:db8::/32, 3fff::/20). */
function isPublicIPv6([first = 0, second = 0]: readonly number[]): boolean {
  if (first >>> 13 !== 1) return false;
  if (first === 0x2001) return second >= 0x200 && second !== 0xdb8;
  return first !== 0x3fff || second >= 0x1000;
}
