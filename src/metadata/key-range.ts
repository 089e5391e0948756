/**
 * Ranges of keys in byte order, which for valid UTF-8 is the order of code points, not of JavaScript's UTF-16 units.
 */

/** Above every key: no key is longer than 1,024 bytes. */
const aboveAll = "\u{10FFFF}".repeat(257);

/** Byte order: negative when `a` comes first. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The smallest text greater than every text with this prefix; for an empty prefix: a text above every key. */
export function afterPrefix(prefix: string): string {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    // Skip the surrogates: they are not characters and have no UTF-8 encoding.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return aboveAll;
}

/** The smallest key greater than `key`: no key holds a null character. */
export function afterKey(key: string): string {
  return `${key}\u0001`;
}

/** `from` inclusive, `to` exclusive: the keys with this prefix that come after `after`. */
export function prefixRange(prefix: string, after: string | undefined): { readonly from: string; readonly to: string } {
  const to = afterPrefix(prefix);
  if (after === undefined || compareKeys(after, prefix) < 0) return { from: prefix, to };
  return { from: afterKey(after), to };
}
