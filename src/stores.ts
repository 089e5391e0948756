/**
 * The part of the composition root that opens the backends of a configuration, those attached at run time with them,
 * and the store of blobs on them: for a gateway, and for commands that store bytes beside one.
 */
import { type BackendErrors, countErrors } from "./admin/backend-errors.ts";
import { outageGraceMs, sealedFor } from "./administration.ts";
import { type Fleet, openFleet } from "./backends/fleet.ts";
import { type BackendConfig, openBackend, openNamed } from "./backends/kinds.ts";
import { type BlobStore, openBlobStore } from "./blobs/blob-store.ts";
import { parseBackend } from "./config/attached-backend.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { Log } from "./log.ts";
import type { RegisteredBackend } from "./metadata/backends.ts";
import type { Metadata } from "./metadata/metadata.ts";
import { Stack } from "./stack.ts";
import { type BackendRegistry, openRegistry } from "./upkeep/registry.ts";

export interface StoresOptions {
  readonly metadata: Metadata;
  readonly unseal: (sealed: {
    readonly accessKeyId: string;
    readonly sealedSecret: string;
    readonly sealedBy: string | undefined;
  }) => string | Promise<string>;
  readonly now: () => Date;
  readonly log: Log;
}

export interface Stores {
  readonly fleet: Fleet;
  readonly errors: BackendErrors;
  /** Not started. */
  readonly registry: BackendRegistry;
  readonly blobs: BlobStore;
  /** Grows by what is attached. */
  readonly declared: readonly BackendConfig[];
  close(): Promise<void>;
}

/** Each backend has been asked once. Throws on what an operator must put right. */
export async function openStores(config: GatewayConfig, options: StoresOptions): Promise<Stores> {
  const { metadata, unseal, now, log } = options;
  const opened = new Stack();
  try {
    const backends = await Promise.all(config.backends.map(openNamed));
    const draining = config.backends.filter((backend) => backend.draining).map((backend) => backend.name);
    const { regions } = config;
    const watched = countErrors(
      opened.add(openFleet({ backends, regions, draining, outageGraceMs: outageGraceMs(config), now, log })),
    );
    const { fleet } = watched;
    const declared: BackendConfig[] = [...config.backends];
    const openAttached = async ({ name, config: sealed }: RegisteredBackend) => {
      if (sealed === undefined) throw new Error(`${name} was not attached`);
      const attached = parseBackend(await unseal({ accessKeyId: sealedFor(name), ...sealed }), config);
      declared.push(attached);
      return openBackend(attached);
    };
    const registry = opened.add(openRegistry({ metadata, fleet, backends, openAttached, now, log }));
    await registry.refresh();
    const { copies, fewestCopies, minimumCopies } = config;
    const blobs = opened.add(
      await openBlobStore({
        ...{ metadata, fleet, copies, fewestCopies, minimumCopies, now, log },
        bufferBytes: config.ingest.bufferBytes,
        cacheBytes: config.cache.bytes,
      }),
    );
    return { fleet, errors: watched, registry, blobs, declared, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
