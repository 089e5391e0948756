/** How long a signed URL may live: never longer than the permission that it stands for. */
import type { ReadRequest } from "./read-request.ts";

export interface LifetimeOptions {
  readonly expirySeconds: number;
  /** For a browser's video and audio elements, which come back to the same URL for more; undefined: like all others. */
  readonly mediaExpirySeconds?: number | undefined;
  /** Names of the buckets whose media may have it: any client can say that it is a video element. */
  readonly mediaBuckets: readonly string[];
}

/** Whole seconds from `now`. Undefined: less than one is left, and the read is proxied. */
export function urlLifetime(
  { bucket, headers, until }: Pick<ReadRequest, "headers" | "until"> & { readonly bucket: { readonly name: string } },
  { expirySeconds, mediaExpirySeconds = expirySeconds, mediaBuckets }: LifetimeOptions,
  now: Date,
): number | undefined {
  const destination = headers["sec-fetch-dest"];
  const isMedia = (destination === "video" || destination === "audio") && mediaBuckets.includes(bucket.name);
  const wanted = isMedia ? mediaExpirySeconds : expirySeconds;
  if (until === undefined) return wanted;
  const left = Math.floor((until.getTime() - now.getTime()) / 1000);
  return left < 1 ? undefined : Math.min(wanted, left);
}
