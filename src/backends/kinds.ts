/**
 * Kind -> constructor, one line a kind. What a kind needs is loaded when the first of it is opened: an embedded gateway
 * never loads the S3 client.
 */
import type { Backend } from "./backend.ts";
import { type DiskBackendOptions, openDiskBackend } from "./disk/backend.ts";
import { MemoryBackend, type MemoryBackendOptions } from "./memory/backend.ts";
import type { OldPlace } from "./old-place.ts";
import type { OldBucketOptions } from "./s3/old-bucket.ts";
import type { S3BackendOptions } from "./s3/options.ts";

/** Plain values, as the configuration gives them. */
export type BackendConfig =
  | ({ readonly kind: "s3" } & S3BackendOptions)
  | ({ readonly kind: "node" } & Omit<S3BackendOptions, "replayedHeaders" | "honoursEmbeddedHeaders">)
  | ({ readonly kind: "disk" } & DiskBackendOptions)
  | ({ readonly kind: "memory" } & MemoryBackendOptions);

const kinds: {
  readonly [Kind in BackendConfig["kind"]]: (config: Extract<BackendConfig, { kind: Kind }>) => Promise<Backend>;
} = {
  s3: (config) => openS3(config),
  node: (config) => openS3({ ...config, replayedHeaders: "tolerate", honoursEmbeddedHeaders: true }),
  disk: (config) => openDiskBackend(config),
  // Gone with the process, and at the next start the same, though empty.
  memory: async (config) => new MemoryBackend({ identity: `memory-${config.name}`, ...config }),
};

/** Opens the store; one that is away opens too. Makes nothing there. Throws on what an operator must put right. */
export function openBackend(config: BackendConfig): Promise<Backend> {
  switch (config.kind) {
    case "s3":
      return kinds.s3(config);
    case "node":
      return kinds.node(config);
    case "disk":
      return kinds.disk(config);
    case "memory":
      return kinds.memory(config);
  }
}

/** As `openBackend`; what it throws names the backend. */
export async function openNamed(config: BackendConfig): Promise<Backend> {
  try {
    return await openBackend(config);
  } catch (cause) {
    throw new Error(`the backend ${config.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function openS3(config: S3BackendOptions): Promise<Backend> {
  const { openS3Backend } = await import("./s3/backend.ts");
  return openS3Backend(config);
}

/** A bucket of an S3 service that is taken over. Asks it nothing. Throws on files that cannot be used. */
export async function openOldPlace(options: OldBucketOptions): Promise<OldPlace> {
  const { openOldBucket } = await import("./s3/old-bucket.ts");
  return openOldBucket(options);
}
