/** A small write on a disk, synced and taken away again: shows that the disk still takes bytes. */
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Disk } from "./files.ts";

const TEXT = Buffer.from("nearbucket\n");

/** Throws BackendError: why the disk takes no writes. */
export async function probeFile(disk: Disk): Promise<void> {
  const path = join(disk.directory, "tmp", "probe");
  try {
    await disk.use(path, "w", async (file) => {
      await file.write([TEXT]);
      if (disk.durable) await file.sync();
    });
    await disk.run(() => unlink(path));
  } catch (error) {
    throw await disk.translate(error, path);
  }
}
