/**
 * `nearbucket keys rotate-encryption`: seals every stored secret with the newest encryption key. Where a file holds the
 * keys, it first adds a new one; the former ones stay. At each moment a durable key opens each secret, so that the
 * command may be interrupted and run again, and a gateway may run meanwhile.
 */

import { type Administration, openAdministration, sealedFor } from "../administration.ts";
import { addEncryptionKey, currentEncryptionKeys } from "../config/encryption-key.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { findConfig, type WhereOptions } from "./administration.ts";
import { audit } from "./audit.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** How many are sealed, of how many. */
type OnSealed = (sealed: number, of: number) => void;

export async function rotateEncryption(where: WhereOptions, terminal: Terminal): Promise<void> {
  const config = await findConfig(where, terminal);
  const { encryptionKeyFile } = config;
  // The file gets no second key where the database is refused: an older gateway, which knows one, may run on both.
  await (await openAdministration(config)).close();
  if (encryptionKeyFile !== undefined) await addEncryptionKey(encryptionKeyFile);
  const administration = await openAdministration(await withCurrentKeys(config));
  try {
    const progress = openProgress(terminal, { json: false, now: () => new Date() });
    const onSealed = (sealed: number, of: number) =>
      progress.report(`${sealed} of ${of} keys sealed anew`, { sealed, of });
    const count = await resealAll(administration, onSealed).finally(progress.end);
    const { keyId } = administration.box;
    audit(terminal, "keys rotate-encryption", { keyId, resealed: count });
    terminal.print(`sealed ${count} ${count === 1 ? "secret" : "secrets"} anew with the encryption key ${keyId}`);
  } finally {
    await administration.close();
  }
}

async function withCurrentKeys(config: GatewayConfig): Promise<GatewayConfig> {
  const [encryptionKey, ...previousEncryptionKeys] = await currentEncryptionKeys(config);
  return { ...config, encryptionKey, previousEncryptionKeys };
}

/** Returns how many secrets it sealed. Throws, naming the access key or the backend, when a secret does not open. */
async function resealAll(administration: Administration, onSealed: OnSealed): Promise<number> {
  return (await resealKeys(administration, onSealed)) + (await resealBackends(administration));
}

async function resealBackends({ metadata: { backends }, box }: Administration): Promise<number> {
  let count = 0;
  for (const { name, config } of await backends.list()) {
    if (config === undefined || config.sealedBy === box.keyId) continue;
    const text = unsealNamed(box, { accessKeyId: sealedFor(name), ...config });
    if (await backends.reseal(name, config.sealedSecret, box.seal(text, sealedFor(name)))) count += 1;
  }
  return count;
}

async function resealKeys({ metadata: { accounts }, box }: Administration, onSealed: OnSealed): Promise<number> {
  const others = (await accounts.listKeys()).filter(({ sealedBy }) => sealedBy !== box.keyId);
  let count = 0;
  for (const key of others) {
    const secret = unsealNamed(box, key);
    if (await accounts.reseal(key.accessKeyId, key.sealedSecret, box.seal(secret, key.accessKeyId))) count += 1;
    onSealed(count, others.length);
  }
  return count;
}

function unsealNamed(box: Administration["box"], key: Parameters<Administration["box"]["unseal"]>[0]): string {
  try {
    return box.unseal(key);
  } catch (cause) {
    throw new Error(`${key.accessKeyId}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
