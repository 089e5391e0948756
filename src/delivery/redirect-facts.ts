/** What the rules are asked about (redirect-rules.ts), as plain values. */
import type { AuthenticationKind, RedirectMode } from "../model.ts";
import type { ClientFamily } from "./client-families.ts";

/** The closest replica's backend a client could be sent to. */
export interface RedirectTarget {
  /** From an https request to an http backend. */
  readonly downgrade: boolean;
  /**
   * The backend's host is the request's, or a sub-domain of it: clients then keep their Authorization header. Ports do
   * not count.
   */
  readonly sameHost: boolean;
  readonly replayedHeaders: "tolerate" | "strict";
  /**
   * Answers with the headers embedded in its URL and holds conditions against them, so that attributes, ETag and
   * Last-Modified survive.
   */
  readonly honoursEmbeddedHeaders: boolean;
  /** Its CORS rules let pages of any origin, and of `null`, read. */
  readonly crossOrigin: boolean;
}

export interface RedirectFacts {
  /** The access key's, else the bucket's, else the gateway's. */
  readonly mode: RedirectMode;
  /** Less than a second is left of the permission to read: no URL can live so short. */
  readonly ending: boolean;
  /** A GetObject without part number, subresource, customer key, and Range that does not count. */
  readonly plain: boolean;
  /** What the request itself says. */
  readonly override: "always" | "never" | undefined;
  /**
   * The client asks for `always` and takes it on itself to follow with a request of its own: without the first one's
   * credentials, `x-amz-*` headers and conditions, and with the object's headers from the 307.
   */
  readonly bare: boolean;
  /** By `amz-sdk-request`; 1 when nothing is said. */
  readonly attempt: number;
  /** The client got a 307 for the same bytes moments ago and did not follow, by all that can be seen. */
  readonly repeated: boolean;
  /** Undefined: no healthy whole replica stands where this client may be sent. */
  readonly target: RedirectTarget | undefined;
  readonly authentication: AuthenticationKind;
  readonly securityToken: boolean;
  /** Any `x-amz-*` header at all. */
  readonly amzHeaders: boolean;
  /** If-Modified-Since, If-Unmodified-Since, or If-Range with a date. */
  readonly dateCondition: boolean;
  /** If-Match or If-None-Match, or If-Range with an ETag. */
  readonly etagCondition: boolean;
  /** The backend's ETag is the object's. */
  readonly sameEtag: boolean;
  /**
   * The reply carries what only the gateway knows: user metadata, a version, a storage class, a checksum that was asked
   * for.
   */
  readonly ownAttributes: boolean;
  /** Bytes asked for, and the least worth a second connection. */
  readonly bytes: number;
  readonly minBytes: number;
  readonly family: ClientFamily;
  /** `Sec-Fetch-Mode`. */
  readonly fetchMode: string | undefined;
  /** `Sec-Fetch-*` or `Origin` is there: a browser sends it. */
  readonly fromBrowser: boolean;
  /** redirect.rclone: rclone's modification times do not matter here. */
  readonly rclone: boolean;
}
