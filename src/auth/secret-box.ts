/**
 * Secrets at rest: AES-256-GCM under a key that only the environment or the key file holds. Each secret is sealed for
 * one access key and says by which encryption key: what was changed, moved to another access key, or sealed by a key
 * that is not here does not open.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, scryptSync } from "node:crypto";
import type { SealedSecret } from "../model.ts";

/** A sealed secret and the access key it was sealed for. */
export interface SealedKey extends SealedSecret {
  readonly accessKeyId: string;
}

export interface SecretBox {
  /** Of the encryption key that seals. It tells nothing of the key itself. */
  readonly keyId: string;
  /** Is the encryption key with this id here? */
  has(keyId: string): boolean;
  /** Printable text; never twice the same for one secret. */
  seal(secret: string, accessKeyId: string): SealedSecret;
  /** Throws an Error that says what to do when no key here is the one that sealed it. */
  unseal(key: SealedKey): string;
}

/** Sealed for an access key. */
const VERSION = "s2.";
/** Sealed for nobody in particular, under a key without an id. */
const FIRST_VERSION = "s1.";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const KEY_ID_DIGITS = 16;

/** 32 bytes out of what the operator wrote, at the price of a guess (about 50 ms). */
export function sealingKey(text: string): Buffer {
  return scryptSync(text, "nearbucket access key secrets", KEY_BYTES, { N: 16_384, r: 8, p: 1 });
}

/**
 * `keys`: 32 bytes each, or the text that `sealingKey` makes them from. The first one seals; the others still open what
 * they sealed.
 */
export function openSecretBox(keys: readonly [string | Buffer, ...(string | Buffer)[]]): SecretBox {
  const ring = new Map(keys.map((key) => withId(typeof key === "string" ? sealingKey(key) : key)));
  const [first] = ring;
  if (first === undefined) throw new Error("a secret box needs a key");
  const [keyId, newest] = first;
  return {
    keyId,
    has: (id) => ring.has(id),
    seal: (secret, accessKeyId) => ({
      sealedSecret: seal(newest, secret, sealedFor(keyId, accessKeyId)),
      sealedBy: keyId,
    }),
    unseal: ({ accessKeyId, sealedSecret, sealedBy }) =>
      sealedBy === undefined
        ? unsealFirstVersion([...ring.values()], sealedSecret)
        : unseal(ring.get(sealedBy), sealedSecret, VERSION, sealedFor(sealedBy, accessKeyId)),
  };
}

/** The secret box of a gateway that runs while another process puts a new encryption key beside the old ones. */
export interface LiveBox {
  /** With the newest key there is: the keys are read again each time. */
  seal(secret: string, accessKeyId: string): Promise<SealedSecret>;
  /** An id that is not here makes it read the keys again. */
  unseal(key: SealedKey): Promise<string>;
}

export function openLiveBox(
  keys: readonly [string, ...string[]],
  readKeys: () => Promise<readonly [string, ...string[]]>,
): LiveBox {
  let known = keys;
  let box = openSecretBox(known);
  const refresh = async () => {
    const found = await readKeys();
    if (found.join("\n") === known.join("\n")) return;
    box = openSecretBox(found);
    known = found;
  };
  return {
    async seal(secret, accessKeyId) {
      await refresh();
      return box.seal(secret, accessKeyId);
    },
    async unseal(key) {
      if (key.sealedBy !== undefined && !box.has(key.sealedBy)) await refresh();
      return box.unseal(key);
    },
  };
}

function withId(key: Buffer): [string, Buffer] {
  if (key.length !== KEY_BYTES) throw new Error(`a sealing key has ${KEY_BYTES} bytes, not ${key.length}`);
  return [createHmac("sha256", key).update("nearbucket key id").digest("hex").slice(0, KEY_ID_DIGITS), key];
}

function sealedFor(keyId: string, accessKeyId: string): Buffer {
  return Buffer.from(`${VERSION}${keyId}.${accessKeyId}`);
}

function seal(key: Buffer, secret: string, data: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(data);
  const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
}

function unseal(key: Buffer | undefined, sealed: string, version: string, data: Buffer): string {
  const bytes = Buffer.from(sealed.slice(version.length), "base64url");
  if (!sealed.startsWith(version) || bytes.length < NONCE_BYTES + TAG_BYTES)
    throw new Error("a stored secret is not in the form this version seals");
  if (key === undefined) throw doesNotOpen();
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(data);
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw doesNotOpen(cause);
  }
}

/** It does not say which key: each is tried. */
function unsealFirstVersion(keys: readonly Buffer[], sealed: string): string {
  const [key, ...others] = keys;
  try {
    return unseal(key, sealed, FIRST_VERSION, Buffer.alloc(0));
  } catch (error) {
    if (others.length === 0) throw error;
    return unsealFirstVersion(others, sealed);
  }
}

function doesNotOpen(cause?: unknown): Error {
  return new Error(
    "a stored secret does not open: the encryption key is not the one it was sealed with, or the database was " +
      "changed",
    { cause },
  );
}
