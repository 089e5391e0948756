/**
 * node's raw header list -> one value a name. A header that decides who calls, how long the body is or what is written
 * may come only once: otherwise two readers could use two different lines.
 */
import { isUtf8 } from "node:buffer";
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";

/**
 * Lower-case names. A value whose bytes are UTF-8 is read as UTF-8 (so hashing it as UTF-8 gives the bytes on the
 * wire), else as latin1.
 */
const ONCE = new Set(["host", "authorization", "content-length", "content-md5", "content-type", "date"]);

/** Names come in a few spellings. Lower-casing each only once saves a third of the time. */
const lowerCase = new Map<string, string>();
const KNOWN_SPELLINGS = 500;
const LONGEST_KEPT = 64;

const NOT_ASCII = /[\u0080-\u00ff]/;

/** `rawHeaders`: name, value, name, value, ... as `IncomingMessage` has them. Throws S3Error InvalidArgument. */
export function readRawHeaders(rawHeaders: readonly string[]): HeaderFields {
  // Without a prototype: `__proto__` and `constructor` are header names like any other.
  const headers: Record<string, string | undefined> = Object.create(null);
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = lowerCaseOf(rawHeaders[at] as string);
    const raw = rawHeaders[at + 1] as string;
    const value = NOT_ASCII.test(raw) ? fromUtf8(raw) : raw;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (mayRepeat(name)) headers[name] = `${before},${value}`;
    else
      throw new S3Error("InvalidArgument", {
        message: "This header may be sent only once.",
        elements: { ArgumentName: name },
      });
  }
  return headers;
}

function mayRepeat(name: string): boolean {
  if (name.startsWith("x-amz-")) return name.startsWith("x-amz-meta-");
  return !ONCE.has(name);
}

function lowerCaseOf(name: string): string {
  const known = lowerCase.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (lowerCase.size < KNOWN_SPELLINGS && name.length <= LONGEST_KEPT) lowerCase.set(name, lower);
  return lower;
}

function fromUtf8(latin1: string): string {
  const bytes = Buffer.from(latin1, "latin1");
  return isUtf8(bytes) ? bytes.toString() : latin1;
}
