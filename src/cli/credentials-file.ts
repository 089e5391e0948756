/** Writes a key in the file formats of clients: readable by the owner only, replaced as a whole. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { KeyPair } from "../random-key.ts";

export function credentialsText(profile: string, key: KeyPair): string {
  return `[${profile}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`;
}

/** The key in `file`; undefined when there is no file. Throws when it holds no key. */
export async function readCredentials(file: string): Promise<KeyPair | undefined> {
  if (!existsSync(file)) return undefined;
  const text = await readFile(file, "utf8");
  const accessKeyId = /^aws_access_key_id *= *(\S+)$/m.exec(text)?.[1];
  const secretAccessKey = /^aws_secret_access_key *= *(\S+)$/m.exec(text)?.[1];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(`${file} holds no aws_access_key_id and aws_secret_access_key`);
  return { accessKeyId, secretAccessKey };
}

/** For `curl --config`. */
export function curlConfigText({ accessKeyId, secretAccessKey }: KeyPair): string {
  return `user = "${`${accessKeyId}:${secretAccessKey}`.replaceAll(/["\\]/g, "\\$&")}"\n`;
}

export function writeCredentials(file: string, key: KeyPair): Promise<void> {
  return writePrivate(file, credentialsText("default", key));
}

export async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
