/** Scripted S3 servers as backends: "a" in region "x", "b" in "y", "c" in "z". Placement takes them in this order. */
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/kinds.ts";
import { type FaultyS3, startFaultyS3 } from "./faulty-s3.ts";

export interface FarStores extends AsyncDisposable {
  readonly stores: readonly FaultyS3[];
  readonly backends: readonly Backend[];
  /** As another process opens them, which remembers nothing. */
  reopen(): Promise<readonly Backend[]>;
  /** By its backend's name. */
  store(name: string): FaultyS3;
  /** Bytes under a name, by backend. */
  held(name: string): Record<string, Buffer>;
  /** Names and unfinished uploads that stand anywhere. */
  traces(): readonly string[];
}

const SITES = [
  { name: "a", region: "x", capacity: 1e12 },
  { name: "b", region: "y", capacity: 1e6 },
  { name: "c", region: "z", capacity: 1 },
] as const;

export async function startFarStores(
  count: 2 | 3,
  options: { readonly responseTimeoutMs?: number } = {},
): Promise<FarStores> {
  const sites = SITES.slice(0, count);
  const stores = await Promise.all(sites.map(() => startFaultyS3()));
  const config = {
    kind: "s3",
    bucket: "blobs",
    accessKeyId: "key",
    secretAccessKey: "secret",
    replayedHeaders: "tolerate",
    ...options,
  } as const;
  const open = () =>
    Promise.all(
      sites.map((site, index) => openBackend({ ...config, ...site, endpoint: stores[index]?.endpoint ?? "" })),
    );
  return {
    stores,
    backends: await open(),
    reopen: open,
    store(name) {
      const store = stores[sites.findIndex((site) => site.name === name)];
      if (store === undefined) throw new Error(`no store ${name}`);
      return store;
    },
    held(name) {
      const entries = sites.map((site, index) => [site.name, stores[index]?.objects.get(name)?.bytes] as const);
      return Object.fromEntries(
        entries.flatMap(([site, bytes]) => (bytes === undefined ? [] : [[site, bytes] as const])),
      );
    },
    traces() {
      return sites.flatMap(({ name }, index) => [
        ...[...(stores[index]?.objects.keys() ?? [])]
          .filter((key) => key.startsWith("blobs/"))
          .map((key) => `${name}: ${key}`),
        ...[...(stores[index]?.uploads.values() ?? [])].map(({ key }) => `${name}: upload ${key}`),
      ]);
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store[Symbol.asyncDispose]();
    },
  };
}
