/** How bytes reach this client: gathers the facts, asks the two pure functions (proximity, policy), and counts what they said. */
import type { Blob, Bucket, RedirectMode, StoredObject } from "../model.ts";

export interface ReadRequest {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  readonly blob: Blob;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  readonly authentication: "header" | "presigned" | "anonymous";
  readonly keyRedirect: RedirectMode | undefined;
  readonly accessKeyId: string | undefined;
  readonly requestOrigin: string;
  readonly clientAddress: string;
  readonly trustedPeer: boolean;
  /** Bytes the client asked for. */
  readonly bytes: number;
  /** A part number, subresource or SSE-C request: never redirected. */
  readonly plain: boolean;
  /** The reply headers a proxied answer would carry: redirected ones keep what the store can be told. */
  readonly replyHeaders: Readonly<Record<string, string | undefined>>;
}

export type Route =
  /** Answer 307 with these headers (Location, Cache-Control, x-nearbucket-served, x-nearbucket-region, x-amz-bucket-region). */
  | { readonly kind: "redirect"; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly rule: string }
  /** Stream, trying backends in this order. */
  | { readonly kind: "proxy"; readonly order: readonly string[]; readonly headers: Readonly<Record<string, string>>; readonly rule: string };

export interface Delivery {
  route(request: ReadRequest): Route;
}
