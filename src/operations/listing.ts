/** The common part of object listings: one page of objects as S3's elements. */
import type { Listing } from "../metadata/objects.ts";
import type { Bucket, ListedObject } from "../model.ts";
import { quote } from "../protocol/etag.ts";
import type { Encode } from "../protocol/list-query.ts";
import type { XmlContent } from "../protocol/xml.ts";
import type { Services } from "./operation.ts";
import { ownerOf } from "./owner.ts";

export interface PageRequest {
  readonly prefix: string | undefined;
  readonly delimiter: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** One page; with `max-keys=0` it is empty and not truncated, as in S3. */
export async function listPage(
  services: Services,
  bucket: Bucket,
  { prefix, delimiter, after, limit }: PageRequest,
): Promise<Listing> {
  if (limit === 0) return { entries: [], truncated: false, next: undefined };
  return services.takeover.list(bucket, { prefix: prefix ?? "", delimiter, after, limit });
}

/** The objects of a page, as the elements common to all listings. `owner` undefined: omitted. */
export function contentsOf({ entries }: Listing, encode: Encode, owner: Bucket["owner"] | undefined): XmlContent[] {
  const Owner = owner && ownerOf(owner);
  return entries.flatMap((entry) => ("object" in entry ? [contentOf(entry.object, encode, Owner)] : []));
}

function contentOf(object: ListedObject, encode: Encode, Owner: XmlContent): XmlContent {
  return {
    Key: encode(object.key),
    LastModified: object.modifiedAt.toISOString(),
    ETag: quote(object.etag),
    ChecksumAlgorithm: object.checksum?.algorithm,
    ChecksumType: object.checksum?.type,
    Size: object.size,
    Owner: Owner && object.attributes.owner ? ownerOf(object.attributes.owner) : Owner,
    StorageClass: object.attributes.storageClass ?? "STANDARD",
  };
}

export function commonPrefixesOf(
  entries: readonly (object | { readonly commonPrefix: string })[],
  encode: Encode,
): XmlContent[] {
  return entries.flatMap((entry) => ("commonPrefix" in entry ? [{ Prefix: encode(entry.commonPrefix) }] : []));
}

/** `encode` for an optional value. */
export function encoded(encode: Encode, text: string | undefined): string | undefined {
  return text === undefined ? undefined : encode(text);
}
