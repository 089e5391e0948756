/** Which screen an address names: `#/buckets/photos/2026/`. Names are percent-encoded, slashes of a prefix stay. */
import { encodePath } from "./wire/signer.ts";

export type Route =
  | { readonly screen: "buckets" }
  | { readonly screen: "browse"; readonly bucket: string; readonly prefix: string }
  /** Empty names: no object is chosen. */
  | { readonly screen: "where"; readonly bucket: string; readonly key: string }
  | { readonly screen: "dashboard" }
  | { readonly screen: "administration"; readonly part: string };

/** Anything unknown is the list of buckets. */
export function parseRoute(hash: string): Route {
  const [screen, name, ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (screen === "where") return { screen, bucket: name ?? "", key: rest.join("/") };
  if (screen === "dashboard") return { screen };
  if (screen === "administration") return { screen, part: [name ?? "", ...rest].join("/") };
  if (screen === "buckets" && name) return { screen: "browse", bucket: name, prefix: rest.join("/") };
  return { screen: "buckets" };
}

export function hashOf(route: Route): string {
  if (route.screen === "browse") return `#/buckets/${encodePath(`${route.bucket}/${route.prefix}`)}`;
  if (route.screen === "administration" && route.part !== "") return `#/administration/${encodePath(route.part)}`;
  if (route.screen === "where" && route.bucket !== "") return `#/where/${encodePath(`${route.bucket}/${route.key}`)}`;
  return `#/${route.screen}`;
}

/** What a fragment of `#sign-in=TOKEN` carries; undefined where it is none. */
export function signInToken(hash: string): string | undefined {
  const token = /^#sign-in=([^&]+)$/.exec(hash)?.[1];
  return token === undefined ? undefined : decoded(token);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
