/**
 * The keys of the demo's stores, made at the first start and kept beside them, for their owner only. None of them is
 * the gateway's root key: what signs a redirect can be guessed at by whoever is redirected.
 */
import { join } from "node:path";
import { type KeyPair, randomKey, readCredentials, writeCredentials } from "./credentials-file.ts";

export interface StoreKeys {
  /** Opens the stores. */
  readonly root: KeyPair;
  /** What the gateway uses. */
  readonly gateway: KeyPair;
  /** May only read, and signs the redirects; undefined: the gateway's signs them. */
  readonly redirect: KeyPair | undefined;
}

/** `withUsers`: the stores get users beside their root. */
export async function ensureStoreKeys(directory: string, withUsers: boolean): Promise<StoreKeys> {
  const root = await ensureKey(join(directory, "credentials"));
  if (!withUsers) return { root, gateway: root, redirect: undefined };
  return {
    root,
    gateway: await ensureKey(join(directory, "gateway-credentials")),
    redirect: await ensureKey(join(directory, "redirect-credentials")),
  };
}

async function ensureKey(file: string): Promise<KeyPair> {
  const kept = await readCredentials(file);
  if (kept !== undefined) return kept;
  const made = randomKey();
  await writeCredentials(file, made);
  return made;
}
