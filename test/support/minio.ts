/** A real MinIO with an empty disk. */
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { type S3Server, startS3Server } from "./s3-server.ts";
import { freePort } from "./server-process.ts";

/** Its directory holds its buckets. */
export type Minio = S3Server;

export interface MinioOptions {
  /** The program; `minio` of PATH unless told. */
  readonly path?: string;
  /** Its disk; a new temporary directory unless told. */
  readonly directory?: string;
  /** Buckets to make. */
  readonly buckets?: readonly string[];
  /** MinIO's own settings. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Its disk is removed when it is disposed of, unless it was told one. */
export async function startMinio(options: MinioOptions = {}): Promise<Minio> {
  const { path = "minio", buckets = [], env = {} } = options;
  const credentials = { accessKeyId: "minio-test-key", secretAccessKey: "minio-test-secret" };
  const minio = await startS3Server({
    name: "minio",
    directory: options.directory,
    credentials,
    readyPath: "/minio/health/ready",
    program: async (port, directory) => ({
      path,
      arguments: [
        "server",
        "--quiet",
        "--address",
        `127.0.0.1:${port}`,
        "--console-address",
        `127.0.0.1:${await freePort()}`,
        directory,
      ],
      env: {
        MINIO_ROOT_USER: credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
        MINIO_BROWSER: "off",
        MINIO_UPDATE: "off",
        ...env,
      },
    }),
  });
  for (const Bucket of buckets) await minio.s3.send(new CreateBucketCommand({ Bucket }));
  return minio;
}
