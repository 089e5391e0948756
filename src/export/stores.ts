/** The backends that replicas are read from, as far as they can be opened from here. */
import type { Backend } from "../backends/backend.ts";
import { type BackendConfig, openNamed } from "../backends/kinds.ts";
import type { Blob, ReplicaState } from "../model.ts";

interface Store {
  readonly config: BackendConfig;
  readonly backend: Pick<Backend, "name" | "open">;
}

export interface Stores {
  /** Those that may hold the blob, the best first. Lost replicas too: what is read is checked. */
  holding(blob: Blob): readonly Store[];
  /** Those that failed last are asked last. */
  note(name: string, hasFailed: boolean): void;
  /** Why backends cannot be read from. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

const ORDER: readonly ReplicaState[] = ["verified", "reader", "lost"];

export async function openStores(configs: readonly BackendConfig[]): Promise<Stores> {
  const opened = new Map<string, Store & { readonly backend: Backend }>();
  const faults: string[] = [];
  const failing = new Set<string>();
  for (const config of configs)
    try {
      opened.set(config.name, { config, backend: await openNamed(config) });
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  return {
    holding({ replicas }) {
      const known = replicas.flatMap(({ backend, state }) => {
        const store = opened.get(backend);
        const rank = ORDER.indexOf(state);
        return store === undefined || rank < 0 ? [] : [{ store, rank: rank * 2 + (failing.has(backend) ? 1 : 0) }];
      });
      return known.sort((a, b) => a.rank - b.rank).map(({ store }) => store);
    },
    note(name, hasFailed) {
      if (hasFailed) failing.add(name);
      else failing.delete(name);
    },
    faults,
    async close() {
      for (const { backend } of opened.values()) await backend.close();
    },
  };
}
