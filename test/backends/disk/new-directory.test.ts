// A file lasts only when its directory's own name does: nobody is told that it does before.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { Disk } from "../../../src/backends/disk/files.ts";
import { onDisk } from "./support.ts";

/** A disk whose sync of one directory waits until it is let go. */
class HeldDisk extends Disk {
  readonly synced: string[] = [];
  readonly #held: string;
  release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  constructor(directory: string, held: string) {
    super("disk", directory, true, undefined);
    this.#held = held;
  }

  override async syncDirectory(path: string): Promise<void> {
    if (path === this.#held) await this.#released;
    await super.syncDirectory(path);
    this.synced.push(path);
  }
}

it("a second write into a new directory waits until the directory is synced above", async () => {
  await using disk = await onDisk();
  const above = join(disk.directory, "data", "blobs");
  const held = new HeldDisk(disk.directory, above);
  const move = async (name: string) => {
    await writeFile(join(disk.directory, "tmp", name), name);
    const to = join(above, "ab", name);
    await held.moveInto(join(disk.directory, "tmp", name), to);
    return to;
  };
  const first = move("one");
  await expect.poll(() => held.synced.includes(join(above, "ab"))).toBe(true);
  let acknowledged = false;
  const second = move("two").then((to) => {
    acknowledged = true;
    return to;
  });
  await expect.poll(() => held.synced.filter((path) => path === join(above, "ab")).length).toBe(2);
  for (let count = 0; count < 100; count++) await turn();
  expect(acknowledged).toBe(false);
  held.release();
  for (const path of await Promise.all([first, second])) expect(held.synced).toContain(dirname(path));
  expect(held.synced).toContain(above);
});

it("a directory that is known is synced above only once, and again when it was made anew", async () => {
  await using disk = await onDisk();
  const above = join(disk.directory, "data");
  const held = new HeldDisk(disk.directory, "");
  const move = async (name: string) => {
    await writeFile(join(disk.directory, "tmp", name), name);
    await held.moveInto(join(disk.directory, "tmp", name), join(above, "blobs", name));
  };
  for (const name of ["one", "two", "three"]) await move(name);
  expect(held.synced.filter((path) => path === above)).toHaveLength(1);
  await mkdir(join(disk.directory, "aside"));
  await rename(join(above, "blobs"), join(disk.directory, "aside", "blobs"));
  await move("four");
  expect(held.synced.filter((path) => path === above)).toHaveLength(2);
});
