/**
 * Which screen an address names: `#/buckets/photos/2026/`, and `?object=a.jpg` behind it where one is open there. Names
 * are percent-encoded, slashes within them stay.
 */
import { encodePath } from "./wire/signer.ts";

export type Route =
  | { readonly screen: "buckets" }
  | BrowseRoute
  /** Empty names: no object is chosen. */
  | { readonly screen: "where"; readonly bucket: string; readonly key: string }
  | { readonly screen: "dashboard" }
  | { readonly screen: "administration"; readonly part: string };

export interface BrowseRoute {
  readonly screen: "browse";
  readonly bucket: string;
  readonly prefix: string;
  /** The key of the object that is open; it begins with `prefix`. */
  readonly object?: string;
}

/** In a name it would be percent-encoded. */
const OPEN = "?object=";

/** Anything unknown is the list of buckets. */
export function parseRoute(hash: string): Route {
  const [screen, name, ...rest] = namesIn(hash);
  if (screen === "where") return { screen, bucket: name ?? "", key: rest.join("/") };
  if (screen === "dashboard") return { screen };
  if (screen === "administration") return { screen, part: [name ?? "", ...rest].join("/") };
  if (screen === "buckets" && name) return parseBrowse(hash);
  return { screen: "buckets" };
}

function parseBrowse(hash: string): BrowseRoute {
  const at = hash.indexOf(OPEN);
  const [path, name] = at < 0 ? [hash, ""] : [hash.slice(0, at), hash.slice(at + OPEN.length)];
  const [, bucket = "", ...folders] = namesIn(path);
  const folder = { screen: "browse", bucket, prefix: folders.join("/") } as const;
  return name === "" ? folder : { ...folder, object: folder.prefix + namesIn(name).join("/") };
}

export function hashOf(route: Route): string {
  if (route.screen === "browse") {
    const { bucket, prefix, object } = route;
    const open = object === undefined ? "" : OPEN + encodePath(object.slice(prefix.length));
    return `#/buckets/${encodePath(`${bucket}/${prefix}`)}${open}`;
  }
  if (route.screen === "administration" && route.part !== "") return `#/administration/${encodePath(route.part)}`;
  if (route.screen === "where" && route.bucket !== "") return `#/where/${encodePath(`${route.bucket}/${route.key}`)}`;
  return `#/${route.screen}`;
}

/** What a fragment of `#sign-in=TOKEN` carries; undefined where it is none. */
export function signInToken(hash: string): string | undefined {
  const token = /^#sign-in=([^&]+)$/.exec(hash)?.[1];
  return token === undefined ? undefined : decoded(token);
}

function namesIn(path: string): readonly string[] {
  return path.replace(/^#\/?/, "").split("/").map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
