/** Which reads count as the same one again: a client that comes back for them probably could not follow a redirect. */
import type { ClientFamily } from "./client-families.ts";
import type { ReadRequest } from "./read-request.ts";

/**
 * Equal for the same key, User-Agent, object and range. Undefined: the client is known to follow, so that reading the
 * same bytes twice says nothing.
 */
export function repeatedReadKey(request: ReadRequest, family: ClientFamily): string | undefined {
  const conduct = request.authentication === "header" ? family.signing : family.plain;
  if (conduct === "follows" || conduct === "modified-time") return undefined;
  const { accessKeyId = "", headers, bucket, object } = request;
  return `${accessKeyId}\n${headers["user-agent"] ?? ""}\n${bucket.id}/${object.key}\n${headers["range"] ?? ""}`;
}
