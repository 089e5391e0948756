/**
 * Which stored secrets none of the encryption keys that are here opens: by the ids of the keys that sealed them. No
 * secret is touched. Secrets of the first version do not say which key sealed them, and sessions end by themselves:
 * neither counts as closed.
 */
import type { Log } from "../log.ts";
import type { Metadata } from "../metadata/metadata.ts";

export interface ClosedSecrets {
  /** Access keys, and how many of them are closed. */
  readonly keys: number;
  readonly closedKeys: number;
  /** Attached backends, and those whose configuration is closed. */
  readonly backends: readonly string[];
  readonly closedBackends: readonly string[];
}

/** `has`: is the encryption key with this id here? */
export async function closedSecrets(
  { accounts, backends }: Pick<Metadata, "accounts" | "backends">,
  has: (keyId: string) => boolean,
): Promise<ClosedSecrets> {
  const sealers = await accounts.sealers();
  const isClosed = (sealedBy: string | undefined) => sealedBy !== undefined && !has(sealedBy);
  const total = (some: typeof sealers) => some.reduce((sum, { count }) => sum + count, 0);
  const attached = (await backends.list()).filter(({ config, state }) => config !== undefined && state !== "removed");
  return {
    keys: total(sealers),
    closedKeys: total(sealers.filter(({ sealedBy }) => isClosed(sealedBy))),
    backends: attached.map(({ name }) => name),
    closedBackends: attached.filter(({ config }) => isClosed(config?.sealedBy)).map(({ name }) => name),
  };
}

/**
 * Throws where none of the secrets opens: a gateway with the key of another database would answer 503 to everyone but
 * the root key, beside others that serve. Where some do not open, the others are served, and the log says so.
 */
export function checkOpens({ keys, closedKeys, backends, closedBackends }: ClosedSecrets, log: Log): void {
  const [stored, closed] = [keys + backends.length, closedKeys + closedBackends.length];
  if (closed === 0) return;
  if (closed === stored)
    throw new Error(
      `the encryption key opens none of the ${stored} secrets that the database holds: give the gateway the key that ` +
        "sealed them (NEARBUCKET_ENCRYPTION_KEY, encryptionKey or encryptionKeyFile), or that one as one of " +
        "previousEncryptionKeys; if it is lost, revoke these access keys and attach these backends again first",
    );
  log.error(
    { accessKeys: closedKeys, of: keys, backends: closedBackends },
    "stored secrets are sealed with an encryption key that is not here: requests of these access keys get 503, and " +
      "these backends are not used; nearbucket doctor says what to do",
  );
}
