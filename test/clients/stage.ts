/**
 * What the clients are tried against: a gateway over a MinIO, one over a node, and one over the MinIO that redirects
 * everybody; and, to tell a client's own faults from a gateway's, a MinIO without any gateway. Whom a gateway sends to its store goes there by a line that counts: where the bytes came from is what the
 * line saw, and why is what the gateway counted, whatever the client says.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutBucketCorsCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { type CountingLine, startCountingLine } from "../support/counting-line.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { type SignedFetch, signedFetch } from "../support/sign.ts";
import type { Endpoint } from "./client.ts";

export const MIB = 1024 * 1024;
export const BUCKET = "matrix";
export const LISTED = 2_500;
export const METADATA = { colour: "deep blue", "taken-with": "camera 7" } as const;
const TYPE = "text/x-matrix";
/** What a page may do, as a MinIO lets it by itself. */
const ANY_PAGE = {
  AllowedOrigins: ["*"],
  AllowedMethods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
  AllowedHeaders: ["*"],
  ExposeHeaders: ["ETag", "Content-Range", ...Object.keys(METADATA).map((name) => `x-amz-meta-${name}`)],
};

export type SiteName = "minio" | "node" | "always";

export interface Site {
  readonly fetch: SignedFetch;
  readonly redirectsAll: boolean;
  /** With a new folder. */
  endpoint(): Promise<Endpoint>;
  /** Since it was last asked. */
  reads(): Promise<Reads>;
}

interface Reads {
  /** Bytes that came straight from the store. */
  readonly storeBytes: number;
  /** `redirect 14-client`, `proxy 11-attributes`, ...; with the family in whose name each was counted. */
  readonly decisions: readonly { readonly decision: string; readonly family: string }[];
}

/** The same objects stand in the bucket of each site; 2,500 empty ones more where they are listed, under `list/`. */
export interface Stage extends AsyncDisposable {
  readonly sites: Readonly<Record<SiteName, Site>>;
  /** The MinIO itself, with the same objects in a bucket of its own from when it is first asked for. */
  straight(): Promise<Site>;
  /** Has no metadata of its own; its bytes were stored a while before under another key. */
  readonly plain: Buffer;
  /** Under the key `attributes`, with METADATA and TYPE. */
  readonly attributes: Buffer;
  /** Uploaded in parts of 5 MiB. */
  readonly parts: Buffer;
}

export async function openStage(): Promise<Stage> {
  const open: AsyncDisposable[] = [];
  const opened: Opened = (one) => {
    open.push(one);
    return one;
  };
  const contents = { plain: text(3 * MIB), attributes: text(3 * MIB), parts: text(12 * MIB) };
  const minio = opened(await startMinio({ buckets: ["auto", "always"] }));
  const node = opened(await startTestGateway({ backends: 1, config: { role: "node" } }));
  const site = async (
    store: Pick<TestGateway, "url" | "accessKeyId" | "secretAccessKey">,
    kind:
      | { kind: "s3"; bucket: string; replayedHeaders: "tolerate"; crossOrigin: true }
      | { kind: "node"; bucket: string },
    redirect: NonNullable<GatewayConfigInput["redirect"]> = {},
  ) => {
    const { url, accessKeyId, secretAccessKey } = store;
    const line = opened(await startCountingLine(url));
    const publicEndpoint = line.url.replace("127.0.0.1", "localhost");
    const backend = {
      ...kind,
      name: "far",
      region: "far",
      endpoint: url,
      publicEndpoint,
      accessKeyId,
      secretAccessKey,
    };
    const gateway = opened(await startTestGateway({ backends: [backend], config: { redirect } }));
    await fill(gateway, contents);
    await gateway.s3.send(new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration: { CORSRules: [ANY_PAGE] } }));
    return { ...siteOf(gateway, opened), redirectsAll: redirect.mode === "always", reads: readsOf(gateway.url, line) };
  };
  const s3 = { kind: "s3", replayedHeaders: "tolerate", crossOrigin: true } as const;
  const sites = {
    minio: await site(minio, { ...s3, bucket: "auto" }),
    node: await site(node, { kind: "node", bucket: "auto" }),
    always: await site(minio, { ...s3, bucket: "always" }, { mode: "always" }),
  };
  await fillList(sites.minio.s3);
  let straight: Promise<Site> | undefined;
  return {
    sites,
    straight() {
      straight ??= openStraight(minio, contents, opened);
      return straight;
    },
    ...contents,
    async [Symbol.asyncDispose]() {
      for (const one of open.reverse()) await one[Symbol.asyncDispose]();
    },
  };
}

type Opened = <T extends AsyncDisposable>(one: T) => T;
type Contents = Pick<Stage, "plain" | "attributes" | "parts">;
type Store = Pick<TestGateway, "url" | "accessKeyId" | "secretAccessKey" | "s3" | "fetch">;

function siteOf({ url, accessKeyId, secretAccessKey, s3, fetch }: Store, opened: Opened) {
  return {
    s3,
    fetch,
    async endpoint() {
      const folder = await mkdtemp(join(tmpdir(), "nearbucket-client-"));
      opened({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) });
      return { url, accessKeyId, secretAccessKey, folder, bucket: BUCKET };
    },
  };
}

async function openStraight(minio: Minio, contents: Contents, opened: Opened): Promise<Site> {
  const store = { ...minio, fetch: signedFetch({ ...minio, endpoint: minio.url }) };
  await fill(store, contents);
  await fillList(store.s3);
  return { ...siteOf(store, opened), redirectsAll: false, reads: async () => ({ storeBytes: 0, decisions: [] }) };
}

function readsOf(url: string, line: CountingLine): Site["reads"] {
  let before = new Map<string, number>();
  return async () => {
    const now = await countsOf(url);
    const grown = [...now].filter(([labels, count]) => count > (before.get(labels) ?? 0)).map(([labels]) => labels);
    before = now;
    const value = (labels: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
    return {
      storeBytes: line.received(),
      decisions: grown.map((labels) => ({
        decision: `${value(labels, "kind")} ${value(labels, "rule")}`,
        family: value(labels, "family"),
      })),
    };
  };
}

async function countsOf(url: string): Promise<Map<string, number>> {
  const metrics = await (await fetch(`${url}/-/metrics`)).text();
  const lines = metrics.matchAll(/^nearbucket_reads_total\{(.*)\} (\d+)$/gm);
  return new Map([...lines].map(([, labels = "", count]) => [labels, Number(count)]));
}

async function fill({ s3, fetch }: Pick<Store, "s3" | "fetch">, contents: Contents): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const put = (Key: string, Body: Buffer, more = {}) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
  await put("before", contents.plain);
  const stored = Date.now();
  const params = { Bucket: BUCKET, Key: "parts", Body: contents.parts };
  await new Upload({ client: s3, params, partSize: 5 * MIB }).done();
  await put("attributes", contents.attributes, { ContentType: TYPE, Metadata: METADATA });
  // Last-Modified has whole seconds: the name is younger than the bytes by more than one.
  while (Date.now() - stored < 2_000) await put("before", contents.plain);
  // By hand: the SDK would give it a checksum, which many clients ask for, and which only a node can tell.
  await fetch({ method: "PUT", path: `/${BUCKET}/plain`, body: contents.plain, headers: { "content-type": TYPE } });
}

/** Many empty ones, for those who list. */
async function fillList(s3: S3Client): Promise<void> {
  const names = Array.from({ length: LISTED }, (_, n) => `list/${String(n).padStart(4, "0")}`);
  const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.alloc(0) }));
  for (let at = 0; at < LISTED; at += 50) await Promise.all(names.slice(at, at + 50).map(put));
}

/** Lines of random letters: some clients read text only. */
export function text(size: number): Buffer {
  const letters = randomBytes((size * 3) / 4).toString("base64");
  const lines = Array.from({ length: size / 64 }, (_, n) => letters.slice(n * 63, n * 63 + 63));
  return Buffer.from(`${lines.join("\n")}\n`);
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
