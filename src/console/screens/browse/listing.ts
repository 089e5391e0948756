/** Pages of ListObjectsV2: folders and objects in the order of their names. */
import { done, type Result } from "../../wire/fault.ts";
import { decodeName, type Node } from "../../wire/xml.ts";
import { compareKeys } from "./names.ts";

export type Entry = { readonly kind: "folder"; readonly key: string } | ObjectEntry;

export interface ObjectEntry {
  readonly kind: "object";
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: string;
  readonly etag: string;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** Of the next page; undefined on the last. */
  readonly next: string | undefined;
}

/** At most. */
export const PAGE_NAMES = 1000;

/** Everything that begins with `prefix`, up to the next slash. `after`: the token of the page before. */
export function listQuery(of: { readonly prefix: string; readonly after?: string | undefined }) {
  return {
    "list-type": 2,
    delimiter: "/",
    "encoding-type": "url",
    "max-keys": PAGE_NAMES,
    prefix: of.prefix,
    "continuation-token": of.after,
  };
}

export function readPage(answer: Result<Node>): Result<Page> {
  if (!answer.ok) return answer;
  const folders = answer.value.all("CommonPrefixes").map(folderOf);
  const objects = answer.value.all("Contents").map(objectOf);
  const entries = [...folders, ...objects].sort((a, b) => compareKeys(a.key, b.key));
  return done({ entries, next: answer.value.text("NextContinuationToken") });
}

function folderOf(node: Node): Entry {
  return { kind: "folder", key: decodeName(node.text("Prefix") ?? "") };
}

function objectOf(node: Node): Entry {
  return {
    kind: "object",
    key: decodeName(node.text("Key") ?? ""),
    size: Number(node.text("Size")),
    modifiedAt: node.text("LastModified") ?? "",
    etag: (node.text("ETag") ?? "").replaceAll('"', ""),
  };
}
