/**
 * The file that holds the keys that seal stored secrets, one a line, the newest last. The first is made once, readable
 * by its owner only, and never anew beside a database that exists: the secrets in it could not be opened again. Keys
 * are only ever added: no two processes can take one away from each other.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";

export const ENCRYPTION_KEY_FILE = "encryption.key";
const LEAST_LENGTH = 16;

/** The newest first. */
export type EncryptionKeys = readonly [string, ...string[]];

/**
 * The keys in `file`, which is made when neither it nor `database` exists. Throws when only the file is missing, and
 * when it is to be made beside no database.
 */
export async function ensureEncryptionKeys(file: string, database: string | undefined): Promise<EncryptionKeys> {
  if (!existsSync(file)) {
    if (database === undefined) throw new Error(`the encryption key file ${file} is missing`);
    if (existsSync(database))
      throw new Error(
        `${file} is missing, but ${database} exists: put the key file back, ` +
          "or set NEARBUCKET_ENCRYPTION_KEY to what it held",
      );
    await mkdir(dirname(file), { recursive: true });
    await writeOnce(file, `${newKey()}\n`);
  }
  return readEncryptionKeys(file);
}

/** Throws when there is no key in it. */
async function readEncryptionKeys(file: string): Promise<EncryptionKeys> {
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.trim());
  // A shorter line is what a crash left of one: nothing was sealed with it yet.
  const [newest, ...others] = lines.filter((line) => line.length >= LEAST_LENGTH).reverse();
  if (newest === undefined) throw new Error(`the encryption key file ${file} holds no key`);
  return [newest, ...others];
}

/** What a gateway opens secrets with by now: the keys of its file, when it has one, and those it was started with. */
export async function currentEncryptionKeys(config: {
  readonly encryptionKey: string;
  readonly previousEncryptionKeys: readonly string[];
  readonly encryptionKeyFile?: string | undefined;
}): Promise<EncryptionKeys> {
  const { encryptionKey, previousEncryptionKeys: previous, encryptionKeyFile: file } = config;
  const [newest, ...others] = file === undefined ? [encryptionKey] : await readEncryptionKeys(file);
  return [newest, ...new Set([...others, encryptionKey, ...previous].filter((key) => key !== newest))];
}

/** Puts a new key behind the others, durably. Throws when there is no such file. */
export async function addEncryptionKey(file: string): Promise<void> {
  await readEncryptionKeys(file);
  // On a line of its own: a crash or an editor may have left one that does not end.
  const separator = (await readFile(file, "utf8")).endsWith("\n") ? "" : "\n";
  const handle = await open(file, "a");
  try {
    await handle.appendFile(`${separator}${newKey()}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function newKey(): string {
  return randomBytes(32).toString("base64");
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
