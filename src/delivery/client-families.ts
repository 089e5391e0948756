/**
 * User-Agent -> client family: one line a family, the first token that stands in the header wins. What is not listed is
 * proxied. docs/redirects.md says how a family gets on the list: its clients were seen to follow a 307 and to come back
 * with the right bytes.
 */
import { LRUCache } from "lru-cache";

/**
 * What such a client does with a 307 to a signed URL. follows: reads on there. modified-time: follows, but takes
 * Last-Modified for its own. browser: follows under a browser's rules, else not. refuses: does not follow, breaks on
 * the way, or was never tried.
 */
type Conduct = "follows" | "modified-time" | "browser" | "refuses";

export interface ClientFamily {
  readonly name: string;
  /** When the request carries its signature in the header. */
  readonly signing: Conduct;
  /** When the URL is signed, or nothing is. */
  readonly plain: Conduct;
  /** rclone from 1.75 on: sends no credential of its own along to another host. */
  readonly dropsToken: boolean;
}

type Row = readonly [
  token: string,
  name: string,
  signing: Conduct,
  plain: Conduct,
  needs?: { readonly version?: string; readonly token?: string },
];

const rows: readonly Row[] = [
  // The version of the Rust crate: polars 2.1 for Python has 0.55.1.
  ["polars/", "polars", "follows", "refuses", { version: "0.55.1" }],
  ["polars/", "polars-before-0.55.1", "refuses", "refuses"],
  ["duckdb/", "duckdb", "follows", "refuses", { version: "1.5" }],
  ["duckdb/", "duckdb-before-1.5", "refuses", "refuses"],
  ["mountpoint-s3", "mountpoint-s3", "refuses", "refuses"],
  ["CRTS3NativeClient", "aws-crt", "refuses", "refuses"],
  ["aws-cli/", "aws-cli", "refuses", "refuses"],
  ["aiobotocore/", "aiobotocore", "follows", "refuses"],
  ["Boto3/", "boto3", "refuses", "refuses"],
  ["Botocore/", "botocore", "refuses", "refuses"],
  ["Hadoop", "hadoop", "refuses", "refuses"],
  ["MinIO (", "minio-sdk", "refuses", "refuses"],
  ["aws-sdk-go-v2/", "aws-sdk-go-v2", "follows", "refuses"],
  ["aws-sdk-go/", "aws-sdk-go", "follows", "refuses"],
  ["aws-sdk-js/3", "aws-sdk-js-v3", "browser", "refuses"],
  ["aws-sdk-nodejs/2", "aws-sdk-js-v2", "refuses", "refuses"],
  ["aws-sdk-java/", "aws-sdk-java", "refuses", "refuses"],
  ["aws-sdk-rust/", "aws-sdk-rust", "refuses", "refuses"],
  ["aws-sdk-ruby", "aws-sdk-ruby", "refuses", "refuses"],
  ["aws-sdk-cpp/", "aws-sdk-cpp", "follows", "refuses", { version: "1.11", token: "md/http#curl" }],
  ["aws-sdk-cpp/", "aws-sdk-cpp-other", "refuses", "refuses"],
  ["aws-sdk-php/", "aws-sdk-php", "follows", "refuses", { token: "GuzzleHttp/7" }],
  ["aws-sdk-php/", "aws-sdk-php-other", "refuses", "refuses"],
  ["rclone/", "rclone", "modified-time", "refuses", { version: "1.75" }],
  ["rclone/", "rclone-other", "modified-time", "refuses"],
  ["s3fs/", "s3fs-fuse", "follows", "refuses"],
  ["object_store/", "object-store", "follows", "refuses", { version: "0.14.1" }],
  ["object_store/", "object-store-before-0.14.1", "refuses", "refuses"],
  ["Bun/", "bun", "follows", "follows"],
  ["Go-http-client", "go-http-client", "refuses", "follows"],
  ["python-requests", "python-requests", "refuses", "follows"],
  ["Wget/", "wget", "refuses", "modified-time"],
  ["okhttp", "okhttp", "refuses", "follows"],
  ["aria2", "aria2", "refuses", "follows"],
  ["axios", "axios", "refuses", "follows"],
  ["undici", "undici", "refuses", "follows"],
  ["curl/", "curl", "refuses", "refuses"],
  ["Mozilla/", "browser", "refuses", "refuses"],
];

const NONE: ClientFamily = { name: "none", signing: "refuses", plain: "refuses", dropsToken: false };
const UNKNOWN: ClientFamily = { ...NONE, name: "unknown" };

const known = new LRUCache<string, ClientFamily>({ maxSize: 512 * 1024, sizeCalculation: (_, text) => text.length });

/** Remembers the latest User-Agents: reading the table takes a microsecond or two, and few distinct ones ever come. */
export function familyOf(userAgent: string | undefined): ClientFamily {
  if (userAgent === undefined || userAgent === "") return NONE;
  const remembered = known.get(userAgent);
  if (remembered !== undefined) return remembered;
  const family = readFamily(userAgent);
  known.set(userAgent, family);
  return family;
}

function readFamily(userAgent: string): ClientFamily {
  for (const [token, name, signing, plain, needs] of rows) {
    const at = userAgent.indexOf(token);
    if (at < 0) continue;
    if (needs?.token !== undefined && !userAgent.includes(needs.token)) continue;
    if (needs?.version !== undefined && !isAtLeast(userAgent.slice(at + token.length), needs.version)) continue;
    return { name, signing, plain, dropsToken: name === "rclone" };
  }
  return UNKNOWN;
}

/** Compares dotted numbers at the start of `text`, behind a `v` or not; a part that is missing is 0. */
function isAtLeast(text: string, version: string): boolean {
  const found = (/^v?(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? "").split(".").map(Number);
  for (const [index, wanted] of version.split(".").map(Number).entries()) {
    const part = found[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
