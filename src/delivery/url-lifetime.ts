/** How long a signed URL may live: never longer than the permission that it stands for. */
import type { ReadRequest } from "./read-request.ts";

export interface LifetimeOptions {
  readonly expirySeconds: number;
  /** For a browser's video and audio elements, which come back to the same URL for more; undefined: like all others. */
  readonly mediaExpirySeconds?: number | undefined;
}

/** Whole seconds from `now`. Undefined: less than one is left, and the read is proxied. */
export function urlLifetime(
  { headers, until }: Pick<ReadRequest, "headers" | "until">,
  { expirySeconds, mediaExpirySeconds = expirySeconds }: LifetimeOptions,
  now: Date,
): number | undefined {
  const destination = headers["sec-fetch-dest"];
  const wanted = destination === "video" || destination === "audio" ? mediaExpirySeconds : expirySeconds;
  if (until === undefined) return wanted;
  const left = Math.floor((until.getTime() - now.getTime()) / 1000);
  return left < 1 ? undefined : Math.min(wanted, left);
}
