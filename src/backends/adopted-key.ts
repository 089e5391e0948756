/**
 * The storage keys of objects that a backend adopted, which stay there under the keys that clients gave them:
 *
 *   adopted/<backend>/<hex of the present key, `/` after each 198 digits>-
 *
 * Plain text on every store, in the byte order of the present keys. The `-` at the end comes before `/`, so that no key
 * is the directory of another. Only the backend of that name knows the text as anything but text.
 */

export const ADOPTED = "adopted/";
const DIGITS = 198;
/** S3 takes 1,024 bytes, of which a backend's prefix may use some. */
const LONGEST = 960;

/** Undefined: the key is too long. */
export function adoptedKey(backend: string, presentKey: string): string | undefined {
  const hex = Buffer.from(presentKey).toString("hex");
  const key = `${adoptedPrefix(backend)}${hex.match(new RegExp(`.{1,${DIGITS}}`, "g"))?.join("/") ?? ""}-`;
  return key.length > LONGEST ? undefined : key;
}

export function adoptedPrefix(backend: string): string {
  return `${ADOPTED}${backend}/`;
}

/** The backend that adopted it; undefined: none did. */
export function adopterOf(storageKey: string): string | undefined {
  if (!storageKey.startsWith(ADOPTED)) return undefined;
  const end = storageKey.indexOf("/", ADOPTED.length);
  return end < 0 ? undefined : storageKey.slice(ADOPTED.length, end);
}

/** The key under which this backend has it; undefined: that is the storage key itself. */
export function presentKey(backend: string, storageKey: string): string | undefined {
  if (adopterOf(storageKey) !== backend) return undefined;
  return Buffer.from(storageKey.slice(adoptedPrefix(backend).length).replaceAll(/[/-]/g, ""), "hex").toString();
}
