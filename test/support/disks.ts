/** Real disks in temporary directories, to be made unreachable: "a" and "d" in region "x", "b" in "y", "c" in "z". */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, BackendError } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/kinds.ts";

const SITES = { a: "x", b: "y", c: "z", d: "x" } as const;

export type DiskName = keyof typeof SITES;

export interface Disks extends AsyncDisposable {
  readonly backends: readonly Backend[];
  directoryOf(name: DiskName): string;
  /** Every call to these disks fails as unreachable. */
  readonly away: Set<DiskName>;
  /** The disks that hold bytes under a key, in order of name, unreachable ones included. */
  holders(key: string): Promise<readonly string[]>;
  /** Called before each deletion of an object. */
  onDelete: (name: DiskName, key: string) => Promise<void>;
}

export async function openDisks(names: readonly DiskName[] = ["a", "b", "c"]): Promise<Disks> {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-disks-"));
  const bare = await Promise.all(
    names.map(async (name) => {
      const directory = join(root, name);
      const backend = await openBackend({ kind: "disk", name, region: SITES[name], directory, durable: false });
      return { name, backend };
    }),
  );
  const disks: Disks = {
    directoryOf: (name) => join(root, name),
    away: new Set(),
    onDelete: async () => undefined,
    backends: bare.map(({ name, backend }) => switchable(name, backend, () => disks)),
    async holders(key) {
      const found = bare.map(async ({ name, backend }) => {
        for await (const entry of backend.list(key)) if (entry.key === key) return [name];
        return [];
      });
      return (await Promise.all(found)).flat();
    },
    async [Symbol.asyncDispose]() {
      for (const { backend } of bare) await backend.close();
      await rm(root, { recursive: true });
    },
  };
  return disks;
}

/** The backend itself while the disk is reachable. Several fleets may close it. */
function switchable(name: DiskName, backend: Backend, disks: () => Disks): Backend {
  return new Proxy(backend, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      if (property === "close") return async () => undefined;
      return (...call: readonly unknown[]) => {
        const run = () => Reflect.apply(value, target, call);
        if (disks().away.has(name)) {
          const failure = new BackendError(name, "unavailable", { detail: "away" });
          if (property === "write" || property === "writePart" || property === "list") throw failure;
          return Promise.reject(failure);
        }
        return property === "delete" ? disks().onDelete(name, String(call[0])).then(run) : run();
      };
    },
  });
}
