/** The query parameters of listings: limits, markers, tokens and the URL encoding of what comes back. */
import { invalidArgument } from "../errors.ts";

const DEFAULT_LIMIT = 1000;
const MAX_INTEGER = 2_147_483_647;

/** A page size: `ceiling` when absent or larger, 0 allowed. Throws InvalidArgument for what is no such number. */
export function readLimit(query: URLSearchParams, name: string, ceiling: number = DEFAULT_LIMIT): number {
  const text = query.get(name);
  if (text === null || text === "") return ceiling;
  if (!/^-?\d+$/.test(text))
    throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`);
  const number = Number(text);
  if (number < 0 || number > MAX_INTEGER)
    throw invalidArgument(name, text, `Argument ${camelCase(name)} must be an integer between 0 and ${MAX_INTEGER}`);
  return Math.min(number, ceiling);
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}

/** A marker, prefix or delimiter; an empty one counts as absent. */
export function readText(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/**
 * How names of a listing are written: as they are, or percent-encoded when the client asked with `encoding-type=url`.
 */
export type Encode = (name: string) => string;

/** Throws InvalidArgument for any other method. */
export function readEncoding(query: URLSearchParams): {
  readonly encodingType: "url" | undefined;
  readonly encode: Encode;
} {
  const text = query.get("encoding-type");
  if (text === null || text === "") return { encodingType: undefined, encode: (name) => name };
  if (text.toLowerCase() !== "url")
    throw invalidArgument("encoding-type", text, "Invalid Encoding Method specified in Request");
  return { encodingType: "url", encode: (name) => encodeURIComponent(name).replaceAll("%2F", "/") };
}

// One letter in front tells a token of ours from any other text that happens to be base64.
const TOKEN_MARK = "n";

/** An opaque token that carries on after `last`. */
export function continuationToken(last: string): string {
  return Buffer.from(TOKEN_MARK + last).toString("base64url");
}

/** What a token stands for; undefined without one. Throws InvalidArgument for a token that was not made here. */
export function readContinuationToken(query: URLSearchParams): string | undefined {
  const token = readText(query, "continuation-token");
  if (token === undefined) return undefined;
  const bytes = Buffer.from(token, "base64url");
  const text = bytes.toString("utf8");
  if (!text.startsWith(TOKEN_MARK) || continuationToken(text.slice(TOKEN_MARK.length)) !== token)
    throw invalidArgument("continuation-token", token, "The continuation token provided is incorrect");
  return text.slice(TOKEN_MARK.length);
}
