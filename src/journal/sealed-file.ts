/**
 * One file of the journal: two lines that a person can read, then a compressed and encrypted body (AES-256-GCM). The
 * lines are authenticated with the body: what was changed, cut or sealed by a key that is not here does not open.
 *
 *   nearbucket-journal 1 <id of the key>
 *   <header as JSON>
 *   <nonce, 12 bytes><tag, 16 bytes><ciphertext>
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { KeyRing } from "./journal-keys.ts";

const MAGIC = "nearbucket-journal 1 ";
const ANY_MAGIC = /^nearbucket-journal (\d+) /;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LINE_FEED = 0x0a;
/** An authentic file is never larger: a writer cuts what it writes into pieces far below. */
const MOST_BYTES = 1_073_741_824;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What is wrong with a file of the journal, in words that go after its name. */
export class BadJournalFile extends Error {
  override readonly name = "BadJournalFile";
}

export interface SealedFile {
  readonly bytes: Buffer;
  /** sha256 of all bytes, in hex. */
  readonly hash: string;
}

export interface OpenedFile {
  readonly header: unknown;
  readonly body: Buffer;
  readonly hash: string;
}

export async function sealFile(header: object, body: string, [{ id, key }]: KeyRing): Promise<SealedFile> {
  const lines = Buffer.from(`${MAGIC}${id}\n${JSON.stringify(header)}\n`);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(lines);
  const text = Buffer.concat([cipher.update(await compress(body, { level: 1 })), cipher.final()]);
  const bytes = Buffer.concat([lines, nonce, cipher.getAuthTag(), text]);
  return { bytes, hash: hashOf(bytes) };
}

/** Throws BadJournalFile. */
export async function openFile(bytes: Buffer, keys: KeyRing): Promise<OpenedFile> {
  const first = bytes.indexOf(LINE_FEED);
  const second = bytes.indexOf(LINE_FEED, first + 1);
  const magic = bytes.toString("utf8", 0, Math.max(first, 0));
  const form = ANY_MAGIC.exec(magic)?.[1] ?? "1";
  if (form !== "1")
    throw new BadJournalFile(`was written by a newer nearbucket, in a form ${form} that this one cannot read`);
  const start = second + 1;
  if (first < 0 || second < 0 || !magic.startsWith(MAGIC) || bytes.length < start + NONCE_BYTES + TAG_BYTES)
    throw new BadJournalFile("is cut, or is no file of a journal");
  const keyId = magic.slice(MAGIC.length);
  const known = keys.find(({ id }) => id === keyId);
  if (known === undefined) throw new BadJournalFile(`is sealed by the encryption key ${keyId}, which is not here`);
  const tagAt = start + NONCE_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", known.key, bytes.subarray(start, tagAt), {
    authTagLength: TAG_BYTES,
  }).setAAD(bytes.subarray(0, start));
  decipher.setAuthTag(bytes.subarray(tagAt, tagAt + TAG_BYTES));
  let packed: Buffer;
  try {
    packed = Buffer.concat([decipher.update(bytes.subarray(tagAt + TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new BadJournalFile("is cut, changed or forged", { cause });
  }
  const body = await decompress(packed, { maxOutputLength: MOST_BYTES });
  return { header: JSON.parse(bytes.toString("utf8", first + 1, second)), body, hash: hashOf(bytes) };
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
