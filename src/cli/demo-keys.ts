/**
 * The keys of the demo's backends, made at the first start and kept beside them, readable by the owner only. None is
 * the gateway's root key: a redirected client can try guesses at the secret that signed its URL.
 */
import { join } from "node:path";
import { type KeyPair, randomKey } from "../random-key.ts";
import { readCredentials, writeCredentials } from "./credentials-file.ts";

export interface StoreKeys {
  /** The backends' root key. */
  readonly root: KeyPair;
  /** The gateway's key. */
  readonly gateway: KeyPair;
  /** Read-only; signs the redirects. Undefined: the gateway's key signs them. */
  readonly redirect: KeyPair | undefined;
}

/** `withUsers`: the backends get users besides root. */
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
