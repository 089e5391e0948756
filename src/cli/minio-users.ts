/**
 * The bucket and the two users that a gateway needs on a MinIO, made by MinIO's own client `mc` as the root user: one
 * that works in the bucket, one that may only read it and signs the redirects. compose/ has the same policies.
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KeyPair } from "../random-key.ts";
import type { Terminal } from "./terminal.ts";

export interface MinioUsersOptions {
  readonly port: number;
  readonly bucket: string;
  /** Directory for mc's configuration and the policies. */
  readonly directory: string;
  readonly rootKey: KeyPair;
  readonly gatewayKey: KeyPair;
  readonly redirectKey: KeyPair;
  readonly env: Terminal["env"];
}

const run = promisify(execFile);
const TIMEOUT_MS = 30_000;

/** Is `mc` on PATH MinIO's client? Midnight Commander has the same name. */
export async function hasMinioClient(env: Terminal["env"]): Promise<boolean> {
  return run("mc", ["--version"], { env, timeout: TIMEOUT_MS }).then(
    ({ stdout }) => stdout.includes("MinIO"),
    () => false,
  );
}

/** Repeatable, also with other secrets. Throws mc's message. */
export async function makeMinioUsers(options: MinioUsersOptions): Promise<void> {
  const { port, bucket, directory, rootKey, gatewayKey, redirectKey } = options;
  const env = {
    ...options.env,
    MC_CONFIG_DIR: join(directory, "mc"),
    MC_HOST_store: `http://${rootKey.accessKeyId}:${rootKey.secretAccessKey}@127.0.0.1:${port}`,
  };
  await mkdir(env.MC_CONFIG_DIR, { recursive: true });
  await mc(["mb", "--ignore-existing", `store/${bucket}`], env);
  const users = [
    { name: "gateway", key: gatewayKey, policy: gatewayPolicy(bucket) },
    { name: "redirect", key: redirectKey, policy: redirectPolicy(bucket) },
  ];
  for (const { name, key, policy } of users) {
    const file = join(directory, `${name}-policy.json`);
    await writeFile(file, JSON.stringify(policy));
    await mc(["admin", "policy", "create", "store", name, file], env);
    // By standard input: everybody on the machine can read arguments.
    await mc(["admin", "user", "add", "store"], env, `${key.accessKeyId}\n${key.secretAccessKey}\n`);
    await mc(["admin", "policy", "attach", "store", name, "--user", key.accessKeyId], env);
  }
}

async function mc(words: readonly string[], env: Terminal["env"], input = ""): Promise<void> {
  const running = run("mc", words, { env, timeout: TIMEOUT_MS });
  running.child.stdin?.end(input);
  await running;
}

/** All permissions that a gateway needs on its backend, for blobs, its identity and the small writes of probes. */
export function gatewayPolicy(bucket: string) {
  return policyOf(
    { Action: ["s3:ListBucket", "s3:ListBucketMultipartUploads"], Resource: [`arn:aws:s3:::${bucket}`] },
    {
      Action: [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
      ],
      Resource: [`arn:aws:s3:::${bucket}/*`],
    },
  );
}

/**
 * All permissions that redirected clients need: blobs, also those that another backend adopted, not the backend's
 * identity beside them.
 */
export function redirectPolicy(bucket: string) {
  const Resource = ["blobs", "adopted"].map((prefix) => `arn:aws:s3:::${bucket}/${prefix}/*`);
  return policyOf({ Action: ["s3:GetObject"], Resource });
}

function policyOf(...allowed: readonly { readonly Action: readonly string[]; readonly Resource: readonly string[] }[]) {
  return { Version: "2012-10-17", Statement: allowed.map((statement) => ({ Effect: "Allow", ...statement })) };
}
