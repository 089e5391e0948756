/**
 * A gateway over a disk and a MinIO, each with a copy of everything, objects of all kinds in two buckets, and
 * `nearbucket export` beside its data.
 */
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect, vi } from "vitest";
import { openAdministration } from "../../src/administration.ts";
import { loadExistingConfig } from "../../src/config/load.ts";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { runCommand } from "../cli/terminal.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { type Minio, startMinio } from "./minio.ts";

export interface ExportScene extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly minio: Minio;
  readonly diskDirectory: string;
  /** For the command: names the same database, and these backends unless told. */
  configFile(backends?: GatewayConfigInput["backends"]): Promise<string>;
  readonly backends: GatewayConfigInput["backends"];
  put(key: string, body: Buffer | string, more?: Partial<PutObjectCommandInput>): Promise<void>;
  /** Resolves when the gateway has read it whole: until then it repairs what is damaged behind its back. */
  putParts(key: string, parts: readonly Buffer[], more?: Partial<PutObjectCommandInput>): Promise<void>;
  /** What it prints as JSON, and its exit code. */
  run(...words: readonly string[]): Promise<Told>;
}

interface Told {
  readonly code: number;
  readonly err: string;
  readonly written: number;
  readonly copied: number;
  readonly skipped: number;
  readonly failed: number;
  readonly failures: readonly { readonly bucket: string; readonly key: string; readonly reason: string }[];
  readonly remarks: readonly string[];
  readonly ended?: string;
}

export async function startExportScene(): Promise<ExportScene> {
  const minio = await startMinio();
  const diskDirectory = join(minio.directory, "..", `export-disk-${randomBytes(6).toString("hex")}`);
  const { accessKeyId, secretAccessKey, url } = minio;
  const s3 = { endpoint: url, bucket: "blobs", createBucket: true, accessKeyId, secretAccessKey };
  const backends: GatewayConfigInput["backends"] = [
    { kind: "disk", name: "disk", region: "one", directory: diskDirectory },
    { kind: "s3", name: "minio", region: "two", ...s3 },
  ];
  const gateway = await startTestGateway({ backends, config: { copies: 2, minimumCopies: 2 } });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  const scene: ExportScene = {
    gateway,
    minio,
    diskDirectory,
    backends,
    async configFile(others = backends) {
      const file = join(gateway.directory, `config-${randomBytes(4).toString("hex")}.yaml`);
      const { directory, accessKeyId: id, secretAccessKey: secret } = gateway;
      await writeFile(
        file,
        // JSON is YAML.
        JSON.stringify({
          dataDirectory: directory,
          metadata: { kind: "sqlite", file: join(directory, "metadata.sqlite") },
          rootKey: { accessKeyId: id, secretAccessKey: secret },
          encryptionKey: "a key for tests, sixteen and more",
          regions: ["one", "two"].map((name) => ({ name, latitude: 0, longitude: 0 })),
          backends: others,
          copies: 1,
        }),
      );
      return file;
    },
    async put(Key, Body, more) {
      await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body, ...more }));
    },
    async putParts(Key, parts, more) {
      const where = { Bucket: "photos", Key };
      const { UploadId } = await gateway.s3.send(new CreateMultipartUploadCommand({ ...where, ...more }));
      const Parts = [];
      for (const [index, Body] of parts.entries()) {
        const part = { ...where, UploadId, PartNumber: index + 1 };
        const { ETag } = await gateway.s3.send(new UploadPartCommand({ ...part, Body }));
        Parts.push({ PartNumber: index + 1, ETag });
      }
      await gateway.s3.send(new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: { Parts } }));
      const administration = await openAdministration(await loadExistingConfig(await scene.configFile(), {}));
      const digest = async () => (await administration.metadata.objects.find("photos", Key)).found?.blob.digest;
      await vi.waitFor(async () => expect(await digest()).toBeDefined(), { timeout: 30_000 });
      await administration.close();
    },
    async run(...words) {
      const config = words.includes("--config") ? [] : ["--config", await scene.configFile()];
      const { code, out, err } = await runCommand(["export", ...words, ...config, "--json"]);
      return { code, err, ...(out === "" ? {} : JSON.parse(out)) };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await minio[Symbol.asyncDispose]();
    },
  };
  return scene;
}

/** Headers and tags of every kind. */
export const DRESSED = {
  ContentType: "image/jpeg",
  CacheControl: "max-age=60",
  ContentDisposition: 'attachment; filename="one.jpg"',
  ContentEncoding: "identity",
  ContentLanguage: "de",
  Expires: new Date("2030-01-01T00:00:00Z"),
  Metadata: { mtime: "1700000000.5", place: "Lisbon" },
  Tagging: "kind=holiday&who=you%20%2B%20me",
} satisfies Partial<PutObjectCommandInput>;

/** What a HEAD says of an object itself. */
export function attributesOf(said: HeadObjectCommandOutput) {
  const { ETag, ContentLength, ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage } = said;
  const { ExpiresString, Metadata, TagCount } = said;
  return {
    ...{ ETag, ContentLength, ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage },
    ...{ ExpiresString, Metadata, TagCount },
  };
}

export function sha256Of(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Names that no file has, beside others that every file could have. */
export const AWKWARD = [
  "plain.txt",
  "holiday/one.jpg",
  "a//b",
  "both",
  "both/below",
  "folder/",
  "../../outside",
  "..",
  "%2F",
  "ü/日本.txt",
  "line\nbreak",
  "/leading",
  `${"long".repeat(80)}/x`,
];

export async function bytesAt(s3: S3Client, Bucket: string, Key: string): Promise<Buffer> {
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
