/**
 * Makes a disk of a directory that is missing or empty. The marker comes last and whole, so that a making that was cut
 * can be repeated, and of two at once one wins.
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, opendir, readdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BackendError } from "../backend.ts";
import { identityText } from "../identity.ts";
import { codeOf, type Disk } from "./files.ts";
import { MARKER } from "./layout.ts";

const DIRECTORIES = ["data", "uploads", "tmp"];
const OWN_NAMES = new Set(["lost+found", MARKER, ...DIRECTORIES]);

/** Throws refused when the directory is another disk, holds anything else, or cannot be made. */
export async function establishDisk(disk: Disk, identity: string): Promise<void> {
  const { directory } = disk;
  try {
    await mkdir(directory, { recursive: true });
    if ((await disk.readIdentity()) === undefined) {
      await refuseOthers(disk);
      for (const name of DIRECTORIES) await mkdir(join(directory, name), { recursive: true });
      await writeMarker(disk, identity);
    }
    const found = await disk.readIdentity();
    if (found !== identity) throw disk.fault("refused", `${directory} is the disk ${found ?? "without identity"}`);
  } catch (error) {
    throw error instanceof BackendError ? error : disk.fault("refused", `cannot make a disk in ${directory}`, error);
  }
}

/** Throws absent when its directory is not there, refused when no disk can be made of it because of what it holds. */
export async function isDiskEmpty(disk: Disk): Promise<boolean> {
  if ((await disk.readIdentity()) === undefined) await refuseOthers(disk);
  return !(await holdsFile(disk, join(disk.directory, "data")));
}

async function refuseOthers(disk: Disk): Promise<void> {
  const { directory } = disk;
  const names = await readdir(directory).catch(async (error) => {
    throw await disk.translate(error, directory);
  });
  if (names.some((name) => !OWN_NAMES.has(name)))
    throw disk.fault("refused", `${directory} is neither empty nor a nearbucket disk`);
}

async function holdsFile(disk: Disk, directory: string): Promise<boolean> {
  try {
    for await (const entry of await opendir(directory))
      if (!entry.isDirectory() || (await holdsFile(disk, join(directory, entry.name)))) return true;
    return false;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw await disk.translate(error, directory);
  }
}

/** A marker that is there already stays. */
async function writeMarker(disk: Disk, identity: string): Promise<void> {
  const draft = join(disk.directory, "tmp", randomUUID());
  await writeFile(draft, identityText(identity), { flag: "wx", flush: true });
  try {
    await link(draft, join(disk.directory, MARKER));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  await disk.syncDirectory(disk.directory);
}
