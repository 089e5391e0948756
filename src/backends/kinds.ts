/**
 * Kind -> constructor, one line a kind. What a kind needs is loaded when the first of it is opened: an embedded gateway
 * never loads the S3 client.
 */
import type { Log } from "../log.ts";
import type { Backend } from "./backend.ts";
import { type DiskBackendOptions, openDiskBackend } from "./disk/backend.ts";
import { MemoryBackend, type MemoryBackendOptions } from "./memory/backend.ts";
import type { S3BackendOptions } from "./s3/options.ts";

/** Plain values, as the configuration gives them. */
export type BackendConfig =
  | ({ readonly kind: "s3" } & S3BackendOptions)
  | ({ readonly kind: "node" } & Omit<S3BackendOptions, "replayedHeaders" | "honoursEmbeddedHeaders">)
  | ({ readonly kind: "disk" } & DiskBackendOptions)
  | ({ readonly kind: "memory" } & MemoryBackendOptions);

const kinds: {
  readonly [Kind in BackendConfig["kind"]]: (
    config: Extract<BackendConfig, { kind: Kind }>,
    log: Log,
  ) => Promise<Backend>;
} = {
  s3: (config, log) => openS3(config, log),
  node: (config, log) => openS3({ ...config, replayedHeaders: "tolerate", honoursEmbeddedHeaders: true }, log),
  disk: (config) => openDiskBackend(config),
  memory: async (config) => new MemoryBackend(config),
};

/**
 * Opens the store; one that is away opens too, and answers `unavailable` until it is back. Throws on what an operator
 * must put right.
 */
export function openBackend(config: BackendConfig, { log }: { readonly log: Log }): Promise<Backend> {
  switch (config.kind) {
    case "s3":
      return kinds.s3(config, log);
    case "node":
      return kinds.node(config, log);
    case "disk":
      return kinds.disk(config, log);
    case "memory":
      return kinds.memory(config, log);
  }
}

async function openS3(config: S3BackendOptions, log: Log): Promise<Backend> {
  const { openS3Backend } = await import("./s3/backend.ts");
  return openS3Backend(config, log);
}
