/**
 * Secrets at rest: AES-256-GCM under a key that only the environment or the key file holds. What was changed or sealed
 * by another key does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";

export interface SecretBox {
  /** Printable text; never twice the same for one secret. */
  readonly seal: (secret: string) => string;
  /** Throws an Error that says what to do when the key is not the one it was sealed by. */
  readonly unseal: (sealed: string) => string;
}

const VERSION = "s1.";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** 32 bytes out of what the operator wrote, at the price of a guess (about 50 ms). */
export function sealingKey(text: string): Buffer {
  return scryptSync(text, "nearbucket access key secrets", KEY_BYTES, { N: 16_384, r: 8, p: 1 });
}

/** `key`: 32 bytes, or the text that `sealingKey` makes them from. */
export function openSecretBox(key: string | Buffer): SecretBox {
  const bytes = typeof key === "string" ? sealingKey(key) : key;
  if (bytes.length !== KEY_BYTES) throw new Error(`a sealing key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  return { seal: (secret) => seal(bytes, secret), unseal: (sealed) => unseal(bytes, sealed) };
}

function seal(key: Buffer, secret: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
}

function unseal(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed.slice(VERSION.length), "base64url");
  if (!sealed.startsWith(VERSION) || bytes.length < NONCE_BYTES + TAG_BYTES)
    throw new Error("a stored secret is not in the form this version seals");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new Error(
      "a stored secret does not open: the encryption key is not the one it was sealed with, or the database was " +
        "changed",
      { cause },
    );
  }
}
