/**
 * The keys that seal the journal, one made from each encryption key. Each is known by an id, which tells nothing of it.
 */
import { createHmac, scryptSync } from "node:crypto";

interface JournalKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** The first one seals; all open what they sealed. */
export type KeyRing = readonly [JournalKey, ...JournalKey[]];

const KEY_BYTES = 32;
const ID_DIGITS = 16;

/** `encryptionKeys`: the newest first. Each costs about 50 ms. */
export function journalKeys([newest, ...others]: readonly [string, ...string[]]): KeyRing {
  return [journalKey(newest), ...others.map(journalKey)];
}

/** The ring of the encryption keys there are: made anew when these have changed. */
export function followKeys(readKeys: () => Promise<readonly [string, ...string[]]>): () => Promise<KeyRing> {
  let known = "";
  let ring: KeyRing | undefined;
  return async () => {
    const keys = await readKeys();
    const text = keys.join("\n");
    if (ring === undefined || text !== known) ring = journalKeys(keys);
    known = text;
    return ring;
  };
}

function journalKey(text: string): JournalKey {
  const key = scryptSync(text, "nearbucket journal", KEY_BYTES, { N: 16_384, r: 8, p: 1 });
  return { id: createHmac("sha256", key).update("nearbucket key id").digest("hex").slice(0, ID_DIGITS), key };
}
