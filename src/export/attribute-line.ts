/**
 * What a sidecar says of one object: a line of JSON, described in docs/migrating.md. The same object gives the same
 * line.
 */
import type { Digest, FoundObject, Grantee } from "../model.ts";

/** `file`: below the bucket's folder. */
export function attributeLine({ object }: FoundObject, file: string, sha256: Digest): string {
  const { key, size, etag, modifiedAt, checksum, parts } = object;
  const { metadata, tags, acl, owner, ...headers } = object.attributes;
  return JSON.stringify({
    key,
    file,
    size,
    etag,
    sha256,
    lastModified: modifiedAt,
    ...headers,
    ...(Object.keys(metadata).length > 0 && { metadata: inOrder(metadata) }),
    ...(tags && { tags }),
    ...(acl && { acl: acl.map(({ grantee, permission }) => ({ permission, ...nameOf(grantee) })) }),
    ...(owner && { owner: owner.name }),
    ...(checksum && { checksum }),
    ...(parts && { parts: parts.map((part) => part.size) }),
  });
}

export function sha256In(line: string | undefined): Digest | undefined {
  if (line === undefined) return undefined;
  const { sha256 }: { readonly sha256?: Digest } = JSON.parse(line);
  return sha256;
}

function inOrder(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nameOf(grantee: Grantee) {
  return "group" in grantee ? { group: grantee.group } : { account: grantee.account.name };
}
