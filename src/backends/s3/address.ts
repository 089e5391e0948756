/** Where a bucket is: host and paths, worked out once, so that no request builds or parses a URL. */
import { encodePath } from "../../signature-v4.ts";
import { presentKey } from "../adopted-key.ts";

export interface S3Address {
  readonly secure: boolean;
  /** To dial. */
  readonly hostname: string;
  readonly port: number;
  /** As the Host header has it: without the scheme's own port. */
  readonly host: string;
  /** `scheme://host` */
  readonly origin: string;
  /** Encoded path of the bucket itself. */
  readonly bucketPath: string;
  /** Encoded path that a key's own encoding follows. */
  readonly keyBase: string;
  /** The same for keys of the bucket, without the prefix. */
  readonly bucketKeyBase: string;
}

/** `endpoint`: `scheme://host[:port]`. Throws when it is anything else. */
export function addressOf(endpoint: string, bucket: string, prefix: string, pathStyle: boolean): S3Address {
  const url = new URL(endpoint);
  const secure = url.protocol === "https:";
  if ((!secure && url.protocol !== "http:") || url.pathname !== "/" || url.search !== "" || url.username !== "")
    throw new Error(`expected scheme://host[:port], not ${JSON.stringify(endpoint)}`);
  const host = pathStyle ? url.host : `${bucket}.${url.host}`;
  const hostname = pathStyle ? url.hostname.replace(/^\[|\]$/g, "") : `${bucket}.${url.hostname}`;
  const bucketPath = pathStyle ? `/${encodePath(bucket)}` : "/";
  const bucketKeyBase = pathStyle ? `${bucketPath}/` : "/";
  return {
    secure,
    hostname,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    host,
    origin: `${url.protocol}//${host}`,
    bucketPath,
    keyBase: `${bucketKeyBase}${encodePath(prefix)}`,
    bucketKeyBase,
  };
}

const PLAIN = /^[A-Za-z0-9\-._~/]*$/;

/** Encoded. `backend`: its name, under which it knows what it adopted. */
export function pathOf({ keyBase, bucketKeyBase }: S3Address, backend: string, key: string): string {
  const present = presentKey(backend, key);
  if (present !== undefined) return bucketKeyBase + encodePath(present);
  // Our own names have nothing to encode.
  return keyBase + (PLAIN.test(key) ? key : encodePath(key));
}
