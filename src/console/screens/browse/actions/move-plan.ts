/** Where moved objects go: every key below what is moved keeps its rest. Pure. */
import type { Entry } from "../listing.ts";
import { folderFault, folderOf, isReachable } from "../names.ts";

/** One object, or all keys that begin with `from`. */
export interface Route {
  readonly kind: Entry["kind"];
  readonly from: string;
  readonly to: string;
}

export function renamed({ kind, key }: Entry, name: string): Route {
  const folder = folderOf(kind === "folder" ? key.slice(0, -1) : key);
  return { kind, from: key, to: folder + name + (kind === "folder" ? "/" : "") };
}

/** `folder`: "" or ending with a slash. */
export function movedInto(entries: readonly Entry[], folder: string): readonly Route[] {
  return entries.map(({ kind, key }) => ({ kind, from: key, to: folder + shownName({ kind, key }) }));
}

/** Without the folders before it; of a folder, with its slash. */
function shownName({ kind, key }: Pick<Entry, "kind" | "key">): string {
  return key.slice(folderOf(kind === "folder" ? key.slice(0, -1) : key).length);
}

export function targetOf({ from, to }: Route, key: string): string {
  return to + key.slice(from.length);
}

/** Why nothing can be called so; undefined: it can. */
export function nameFault(name: string): string | undefined {
  if (name === "") return "It needs a name.";
  return name.includes("/") ? "Slashes make folders: use Move for that." : folderFault(name);
}

/** As it is typed, with or without slashes at its ends, and as a prefix. */
export function folderTyped(text: string): string {
  const trimmed = text.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `${trimmed}/`;
}

/** Why these cannot go there; undefined: they can. */
export function routeFault(routes: readonly Route[]): string | undefined {
  for (const { kind, from, to } of routes) {
    if (from === to) return "They are there already.";
    if (kind === "folder" && to.startsWith(from)) return "A folder cannot go into itself.";
    if (!isReachable(to)) return "Browsers cannot open a folder called so.";
    if (new TextEncoder().encode(to).length > 1024) return "That is too long.";
  }
  return undefined;
}
