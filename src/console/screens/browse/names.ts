/** What keys mean to a browser of folders. Pure. */

export interface Crumb {
  readonly text: string;
  readonly prefix: string;
}

/** The folders that a prefix goes through, the last one being its own. */
export function crumbsOf(prefix: string): readonly Crumb[] {
  const parts = prefix.split("/");
  return parts.slice(0, -1).map((text, index) => ({ text, prefix: `${parts.slice(0, index + 1).join("/")}/` }));
}

/** Up to the last slash: the folder that a key stands in. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}

/** What a key is called inside the folder that `prefix` names. */
export function nameOf(key: string, prefix: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

/** Browsers take `.` and `..` out of every address, also percent-encoded: no request of theirs can name such a key. */
export function isReachable(key: string): boolean {
  return !key.split("/").some((part) => part === "." || part === "..");
}

/** S3's own way to write it. */
export function uriOf(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** Says why a folder cannot be called so; undefined: it can. */
export function folderFault(name: string): string | undefined {
  if (name.trim() === "") return "A folder needs a name.";
  if (name.split("/").some((part) => part === "." || part === "..")) return "Browsers cannot open a folder called so.";
  if (name.startsWith("/") || name.endsWith("/") || name.includes("//")) return "Slashes only between two names.";
  if (new TextEncoder().encode(name).length > 900) return "That is too long.";
  return undefined;
}

/** Has the browser save what it gets, under this name (RFC 6266). */
export function attachment(key: string): string {
  const name = key.slice(key.lastIndexOf("/") + 1) || "object";
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** The order of UTF-8 bytes, which S3 lists in; strings compare by UTF-16, which differs above U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
