/** IPv4 addresses as numbers. */

const ZERO = 48;
const DOT = 46;

/**
 * `192.0.2.1` as an unsigned number of 32 bits: four decimal numbers, none above 255 and none with a leading zero, the
 * form that sockets give. Undefined: anything else.
 */
export function readIPv4(text: string): number | undefined {
  const { length } = text;
  if (length < 7 || length > 15) return undefined;
  let address = 0;
  let dots = 0;
  let part = -1;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (part < 0 || ++dots > 3) return undefined;
      address = address * 256 + part;
      part = -1;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || part === 0) return undefined;
    part = part < 0 ? digit : part * 10 + digit;
    if (part > 255) return undefined;
  }
  return part < 0 || dots !== 3 ? undefined : address * 256 + part;
}

export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}
