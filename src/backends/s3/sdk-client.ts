/** AWS's own client for a bucket, and what its errors mean. */
import type { SecureContext } from "node:tls";
import type { S3Client } from "@aws-sdk/client-s3";
import { BackendError } from "../backend.ts";
import { DEFAULT_SIGNING_REGION, openS3Client, type S3ServiceOptions } from "./client.ts";
import { verdictOf } from "./faults.ts";
import type { S3BackendOptions } from "./options.ts";

export function signingRegionOf({
  signingRegion = DEFAULT_SIGNING_REGION,
}: Pick<S3BackendOptions, "signingRegion">): string {
  return signingRegion;
}

/** `attempts`: of each call; a caller that has another backend to ask waits for few. */
export function openClient(
  options: S3ServiceOptions & Pick<S3BackendOptions, "connectTimeoutMs" | "responseTimeoutMs">,
  secureContext: SecureContext | undefined,
  attempts = 2,
): S3Client {
  const timeouts = {
    connectionTimeout: options.connectTimeoutMs ?? 2000,
    requestTimeout: options.responseTimeoutMs ?? 30_000,
  };
  return openS3Client(options, { maxAttempts: attempts, ...timeouts }, secureContext);
}

/** What `call` gives. Throws BackendError. */
export async function translated<T>(backend: string, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translate(backend, what, error);
  }
}

/**
 * The client's own errors carry the service's code as name and the status in `$metadata`; without a status there was no
 * answer.
 */
function translate(backend: string, what: string, error: unknown): BackendError {
  const name = error instanceof Error ? error.name : undefined;
  const status = statusOf(error);
  const { fault, isSuspicion } = verdictOf(status === undefined || status < 300 ? 500 : status, name);
  return new BackendError(backend, fault, {
    cause: error,
    isSuspicion,
    detail: `${what}: ${status ?? ""} ${error instanceof Error ? error.message : ""}`.trimEnd(),
  });
}

/** Of the answer that the client threw; undefined: there was none. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
