/**
 * Keys as paths of files below a bucket's folder. Most keys are their own paths. What no path can say is escaped, so
 * that every key has a path of its own, below the folder, and `keyOf` gives it back: docs/migrating.md has the rules.
 */

const LONGEST_NAME = 255;
/** Stands for nothing: it tells the file `a` from the folder of `a/b`. */
const NOTHING = "%00";
/** At the end of a folder's name: the key goes on without a slash, because its name is too long for one file. */
const GOES_ON = "%00%00";

/** The codes that escapes have: a key may hold other percent signs as they are. */
const CODE = "0[0-9A-F]|1[0-9A-F]|2[5EF]|7F|[89][0-9A-F]";
const LIKE_AN_ESCAPE = new RegExp(`%(?=${CODE})`, "g");
const ESCAPED = new RegExp(`${GOES_ON}/|%(${CODE})`, "g");
/** All slashes but single ones between two names. */
const ODD_SLASHES = /^\/+|\/+$|(?<=[^/]\/)\/+/g;

/** `isFolder`: the path of the key itself is taken by a folder. */
export function fileName(key: string, isFolder: boolean): string {
  const path = key
    .replace(LIKE_AN_ESCAPE, escaped)
    .replace(/\p{Cc}/gu, escaped)
    .replace(ODD_SLASHES, (slashes) => Array.from(slashes, escaped).join(""));
  const names = `${path}${isFolder ? NOTHING : ""}`.split("/");
  return names
    .flatMap((name) => (Buffer.byteLength(name) > LONGEST_NAME ? split(name) : [name]))
    .map(undotted)
    .join("/");
}

export function keyOf(file: string): string {
  return file.replace(ESCAPED, (_, code: string | undefined) =>
    code === undefined || code === "00" ? "" : String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

function escaped(character: string): string {
  return `%${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function split(name: string): readonly string[] {
  const names: string[] = [];
  let rest = "";
  for (const piece of name.match(/%[0-9A-F]{2}|./gsu) ?? []) {
    if (Buffer.byteLength(rest + piece) > LONGEST_NAME - GOES_ON.length) {
      names.push(rest + GOES_ON);
      rest = "";
    }
    rest += piece;
  }
  return [...names, rest];
}

function undotted(name: string): string {
  return name === "." || name === ".." ? Array.from(name, escaped).join("") : name;
}
