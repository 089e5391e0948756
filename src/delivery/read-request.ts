/** A read that was allowed and whose conditions hold: all that this room is asked about, as plain values. */
import type { AuthenticationKind, Blob, Bucket, HeaderFields, RedirectMode, StoredObject } from "../model.ts";

export interface ReadRequest {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  readonly blob: Blob;
  /** The request's, names in lower case. */
  readonly headers: HeaderFields;
  readonly query: URLSearchParams;
  readonly authentication: AuthenticationKind;
  readonly keyRedirect: RedirectMode | undefined;
  readonly accessKeyId: string | undefined;
  /** When the permission to read ends; a redirect must end with it. Absent: no end is known. */
  readonly until?: Date | undefined;
  /** `scheme://host[:port]` that the client used. */
  readonly requestOrigin: string;
  /** False only when the client is known to have come by plain http. */
  readonly mayBeHttps: boolean;
  readonly clientAddress: string;
  /** The connection itself, to know it again; absent: nobody came by one. */
  readonly connection?: object | undefined;
  readonly trustedPeer: boolean;
  /** Bytes the client asked for. */
  readonly bytes: number;
  /** False for a part number, subresource or SSE-C request: never redirected. */
  readonly plain: boolean;
  /** The headers that a proxied reply would carry; a redirect keeps those that its backend can reply with. */
  readonly replyHeaders: HeaderFields;
}
