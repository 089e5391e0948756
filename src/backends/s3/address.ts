/** Where a bucket is: host and paths, worked out once, so that no request builds or parses a URL. */
import { encodePath } from "../../signature-v4.ts";

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
  return {
    secure,
    hostname,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    host,
    origin: `${url.protocol}//${host}`,
    bucketPath,
    keyBase: `${pathStyle ? `${bucketPath}/` : "/"}${encodePath(prefix)}`,
  };
}
