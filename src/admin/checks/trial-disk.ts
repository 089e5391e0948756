/** A directory that is no disk yet takes no objects: it is tried on a disk inside of it, which is removed again. */
import { randomBytes, randomUUID } from "node:crypto";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import { type BackendConfig, openBackend } from "../../backends/kinds.ts";

type DiskConfig = Extract<BackendConfig, { kind: "disk" }>;

/** Leaves the directory as it was. What a crash leaves there keeps nobody from making a disk of it. */
export async function onTrialDisk<T>(config: DiskConfig, work: (disk: Backend) => Promise<T>): Promise<T> {
  const temporary = join(config.directory, "tmp");
  const directory = join(temporary, `nearbucket-doctor-${randomBytes(8).toString("hex")}`);
  const disk = await openBackend({ ...config, directory });
  try {
    await disk.establish(randomUUID());
    return await work(disk);
  } finally {
    await disk.close();
    await rm(directory, { recursive: true, force: true });
    // It stays where anything else is in it.
    await rmdir(temporary).catch(() => undefined);
  }
}
