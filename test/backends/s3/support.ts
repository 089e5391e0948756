/** An S3 backend on a faulty S3 server of its own; both are closed at the end of the block. */
import { S3Backend } from "../../../src/backends/s3/backend.ts";
import type { S3BackendOptions } from "../../../src/backends/s3/options.ts";
import { type FaultyS3, startFaultyS3 } from "../../support/faulty-s3.ts";

export interface OnFaultyS3 extends AsyncDisposable {
  readonly store: FaultyS3;
  readonly backend: S3Backend;
}

export function backendAt(endpoint: string, options: Partial<S3BackendOptions> = {}): S3Backend {
  return new S3Backend({
    name: "far",
    region: "there",
    endpoint,
    bucket: "blobs",
    accessKeyId: "key",
    secretAccessKey: "secret",
    replayedHeaders: "strict",
    ...options,
  });
}

export async function onFaultyS3(options: Partial<S3BackendOptions> = {}): Promise<OnFaultyS3> {
  const store = await startFaultyS3();
  const backend = backendAt(store.endpoint, options);
  return {
    store,
    backend,
    async [Symbol.asyncDispose]() {
      await backend.close();
      await store[Symbol.asyncDispose]();
    },
  };
}
