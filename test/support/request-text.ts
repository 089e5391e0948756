/** A request's headers, path and query as text, both as they are sent and as they are signed. */
import { canonicalQuery, encodePath } from "../../src/signature-v4.ts";

export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

export function hasHeader(headers: HeaderValues | undefined, name: string): boolean {
  return Object.keys(headers ?? {}).some((each) => each.toLowerCase() === name);
}

export function headerLines(headers: HeaderValues = {}): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((each): [string, string] => [name, each]),
  );
}

export function canonicalHeaders(lines: readonly [string, string][]): [string, string][] {
  const joined = new Map<string, string>();
  for (const [name, value] of lines) {
    const lower = name.toLowerCase();
    const before = joined.get(lower);
    const trimmed = value.trim().replace(/ +/g, " ");
    joined.set(lower, before === undefined ? trimmed : `${before},${trimmed}`);
  }
  return [...joined].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function canonicalPath(raw: string): string {
  return encodePath(decodeURIComponent(raw));
}

export function canonicalRawQuery(raw: string): string {
  if (raw === "") return "";
  return canonicalQuery(
    raw.split("&").map((part): [string, string] => splitOnce(part, "=").map(decodeQuery) as [string, string]),
  );
}

function decodeQuery(text: string | undefined): string {
  return decodeURIComponent((text ?? "").replaceAll("+", " "));
}

export function queryText(query: string | Readonly<Record<string, string>> | undefined): string {
  if (query === undefined) return "";
  return typeof query === "string" ? query : canonicalQuery(Object.entries(query));
}

export function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
