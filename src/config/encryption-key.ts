/**
 * The key that seals stored secrets, for a gateway that keeps its database in a file: random, made once, readable by
 * its owner only. Never made anew beside a database that exists: the secrets in it could not be opened again.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

export const ENCRYPTION_KEY_FILE = "encryption.key";

/** The key in `directory`, made when neither it nor `database` exists. Throws when only the key is missing. */
export async function ensureEncryptionKey(directory: string, database: string): Promise<string> {
  const file = join(directory, ENCRYPTION_KEY_FILE);
  if (!existsSync(file)) {
    if (existsSync(database))
      throw new Error(
        `${file} is missing, but ${database} exists: put the key file back, or set NEARBUCKET_ENCRYPTION_KEY to what it held`,
      );
    await mkdir(directory, { recursive: true });
    await writeOnce(file, `${randomBytes(32).toString("base64")}\n`);
  }
  return (await readFile(file, "utf8")).trim();
}

/** Writes a file that nobody ever sees half-written; when another process was first, its content stays. */
async function writeOnce(file: string, content: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    await rm(draft);
  }
}
