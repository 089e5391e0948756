/**
 * A gateway over two backends that adopt: a MinIO whose bucket aws, mc and others have filled, and a service that takes
 * any key, as AWS does (another gateway).
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { checkConfig, type GatewayConfigInput } from "../../src/config/schema.ts";
import { type Gateway, openGateway } from "../../src/gateway.ts";
import { openLog } from "../../src/log.ts";
import type { Blob } from "../../src/model.ts";
import { runCommand } from "../cli/terminal.ts";
import { type Minio, startMinio } from "./minio.ts";
import { type AuditLog, startAuditLog } from "./minio-audit.ts";
import { run } from "./run.ts";

export const KEY = { accessKeyId: "AKIATESTROOT", secretAccessKey: "test-root-secret-0123456789" };
export const MIB = 1024 ** 2;
const AWKWARD = ["a b+c&d", "ü/ö €", "%2F", "dot.", "folder/", "folder/inner", "~tilde", "x".repeat(240), "!'()*"];
/** Of 999 bytes. */
export const LONG = Array.from({ length: 5 }, () => "l".repeat(199)).join("/");
/** MinIO refuses most of them. */
export const ANY = [
  "/leading",
  "a//b",
  "a/../b",
  "..",
  "\u0001",
  "\u{10FFFF}",
  "nearbucket",
  "nearbucket0",
  "adopted/x",
];
const ENCRYPTION = { encryptionKey: "a key for tests, sixteen and more" };

export interface ImportScene extends AsyncDisposable {
  readonly home: string;
  readonly minio: Minio;
  /** Of MinIO. */
  readonly audit: AuditLog;
  /** To the other service, and its bucket of that name. */
  readonly films: S3Client;
  readonly input: GatewayConfigInput;
  readonly configFile: string;
  readonly gateway: Gateway;
  readonly s3: S3Client;
  /** What MinIO's bucket `photos` holds. */
  readonly contents: Map<string, Buffer>;
  store(key: string, body: Buffer, more?: object): Promise<void>;
  blobOf(key: string, bucket?: string): Promise<Blob>;
  /** `nearbucket import WORDS`: its document, exit code and standard error. */
  adopt(from: string, to: string, ...words: readonly string[]): Promise<Record<string, unknown>>;
  /** Starts the gateway again with a clock that is so far ahead. */
  restart(aheadMs: number): Promise<void>;
}

export async function openImportScene(): Promise<ImportScene> {
  const home = await mkdtemp(join(tmpdir(), "nearbucket-import-"));
  const configFile = join(home, "nearbucket.yaml");
  const audit = await startAuditLog();
  const minio = await startMinio({ buckets: ["photos"], env: audit.env });
  const contents = new Map<string, Buffer>();
  const store = async (key: string, body: Buffer, more: object = {}) => {
    contents.set(key, body);
    await minio.s3.send(new PutObjectCommand({ Bucket: "photos", Key: key, Body: body, ...more }));
  };
  for (const key of AWKWARD) await store(key, key.endsWith("/") ? Buffer.alloc(0) : randomBytes(1000));
  await store(LONG, randomBytes(10));
  const twin = randomBytes(300_000);
  await store("twins/one", twin, { ContentType: "image/png", ContentLanguage: "de" });
  await store("twins/two", twin, { ContentType: "image/jpeg" });
  await store("tagged", randomBytes(10), { Tagging: "year=2026&place=over%20there", Metadata: { who: "me" } });
  await fillByPrograms(home, minio, contents);
  const other = await serve({
    ...{ listen: { port: 0 }, dataDirectory: join(home, "other"), rootKey: KEY, copies: 1, ...ENCRYPTION },
    metadata: { kind: "sqlite", file: join(home, "other.sqlite"), durable: false },
    regions: [{ name: "toronto", latitude: 0, longitude: 0 }],
    backends: [{ kind: "disk", name: "disk", region: "toronto", directory: join(home, "disk") }],
  });
  const films = clientOf(other);
  await films.send(new CreateBucketCommand({ Bucket: "films" }));
  for (const Key of ANY) await films.send(new PutObjectCommand({ Bucket: "films", Key, Body: `bytes of ${Key}` }));
  const input: GatewayConfigInput = {
    ...{ listen: { port: 0 }, dataDirectory: join(home, "data"), rootKey: KEY, ...ENCRYPTION },
    metadata: { kind: "sqlite", file: join(home, "metadata.sqlite"), durable: false },
    regions: ["amsterdam", "toronto"].map((name, index) => ({ name, latitude: 0, longitude: index })),
    redirect: { minBytes: 0 },
    backends: [
      {
        ...{ kind: "s3", name: "amsterdam", region: "amsterdam", endpoint: minio.url, bucket: "photos" },
        ...{ publicEndpoint: minio.publicUrl, replayedHeaders: "tolerate", adopts: true, prefix: "nearbucket/" },
        ...{ accessKeyId: minio.accessKeyId, secretAccessKey: minio.secretAccessKey },
      },
      {
        ...{ kind: "s3", name: "toronto", region: "toronto", endpoint: other.url, bucket: "films" },
        ...{ adopts: true, prefix: "nearbucket/", ...KEY },
      },
    ],
  };
  await writeFile(configFile, JSON.stringify(input));
  let gateway = await serve(input);
  let s3 = clientOf(gateway);
  for (const Bucket of ["photos", "films"]) await s3.send(new CreateBucketCommand({ Bucket }));
  return {
    ...{ home, configFile, audit, minio, films, input, contents, store },
    get gateway() {
      return gateway;
    },
    get s3() {
      return s3;
    },
    async blobOf(key, bucket = "photos") {
      const { found } = await gateway.metadata.objects.find(bucket, key);
      if (found === undefined) throw new Error(`no ${key}`);
      return found.blob;
    },
    async adopt(from, to, ...words) {
      const command = ["import", from, "--to", to, "--in-place", "--json", "--config", configFile, ...words];
      const { code, out, err } = await runCommand(command);
      if (!out.startsWith("{")) throw new Error(err);
      const document: Record<string, unknown> = JSON.parse(out);
      return { code, err, ...document };
    },
    async restart(aheadMs) {
      s3.destroy();
      await gateway[Symbol.asyncDispose]();
      gateway = await serve(input, () => new Date(Date.now() + aheadMs));
      s3 = clientOf(gateway);
    },
    async [Symbol.asyncDispose]() {
      for (const client of [s3, films]) client.destroy();
      for (const one of [gateway, other, minio, audit]) await one[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export async function read(from: S3Client, key: string, bucket = "photos"): Promise<Buffer> {
  const { Body } = await from.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** One object in parts by aws, and one with tags by mc. */
async function fillByPrograms(home: string, minio: Minio, contents: Map<string, Buffer>): Promise<void> {
  await mkdir(join(home, "files"));
  for (const [name, size] of Object.entries({ aws: 20 * MIB + 1, mc: 150_000 })) {
    const content = randomBytes(size);
    contents.set(`by ${name}`, content);
    await writeFile(join(home, "files", name), content);
  }
  const env = { HOME: home, AWS_ACCESS_KEY_ID: minio.accessKeyId, AWS_SECRET_ACCESS_KEY: minio.secretAccessKey };
  const aws = [
    ...["--region", "us-east-1", "--endpoint-url", minio.url, "s3", "cp", "--cache-control", "max-age=60"],
    ...["--content-type", "video/mp4", "--metadata", "scene=7", join(home, "files/aws"), "s3://photos/by aws"],
  ];
  await run("aws", aws, { env });
  await run("mc", ["alias", "set", "old", minio.url, minio.accessKeyId, minio.secretAccessKey], { env });
  const attributes = ["--attr", "Content-Disposition=attachment;X-Amz-Meta-Scene=8", "--tags", "by=mc"];
  await run("mc", ["cp", ...attributes, join(home, "files/mc"), "old/photos/by mc"], { env });
}

async function serve(input: GatewayConfigInput, now?: () => Date): Promise<Gateway> {
  const checked = checkConfig(input);
  if ("faults" in checked) throw new TypeError(JSON.stringify(checked.faults));
  await mkdir(checked.config.dataDirectory, { recursive: true });
  return openGateway(checked.config, { log: openLog("silent"), ...(now && { now }) });
}

function clientOf({ url: endpoint }: Gateway): S3Client {
  return new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: { ...KEY } });
}
