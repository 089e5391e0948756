/**
 * What becomes of the reads that redirects lead to: tried with an object of a few bytes, which is deleted again. It
 * stands where the key that signs redirects may read; no storage key looks so, and an inventory deletes what a crash
 * left there.
 */
import { createHash, randomBytes } from "node:crypto";
import type { SecureContext } from "node:tls";
import type { RedirectAbilities } from "../../registration.ts";
import { type Backend, BackendError } from "../backend.ts";
import { newTrialKey } from "../trial-key.ts";
import { bareEtag } from "./faults.ts";
import { readSigned, type SignedAnswer } from "./signed-read.ts";

export interface RedirectTrial {
  readonly backend: Pick<Backend, "write" | "delete" | "createUpload" | "writePart" | "completeUpload" | "abortUpload">;
  readonly publicEndpoint: string;
  /** Sign as redirects are signed: for the endpoint that the gateway dials, and for the public one. */
  readonly near: (key: string, responseOverrides: Readonly<Record<string, string>>) => string | undefined;
  readonly far: (key: string) => string | undefined;
  /** Writes with the key that signs redirects; undefined: it is the key that writes. */
  readonly writeByRedirectKey: Backend["write"] | undefined;
  /** For the endpoint that the gateway dials. */
  readonly secureContext: SecureContext | undefined;
  readonly signal: AbortSignal;
}

const BYTES = 64;
const RANGE = { first: 16, last: 31 };
/** What clients repeat that sign in the header. */
const REPLAYED = {
  "x-amz-content-sha256": createHash("sha256").digest("hex"),
  "x-amz-date": "20260101T000000Z",
  "x-amz-user-agent": "aws-sdk-js/3",
  "amz-sdk-invocation-id": "5f5cbd05-2c1f-4a0d-9d71-8c7f0f7e1c1b",
  "amz-sdk-request": "attempt=1; max=3",
};
const OVERRIDES = {
  "response-cache-control": "max-age=9",
  "response-content-disposition": "attachment; filename=a.txt",
  "response-content-encoding": "identity",
  "response-content-language": "en",
  "response-content-type": "text/x-nearbucket",
  "response-expires": "Thu, 01 Jan 2026 00:00:00 GMT",
};

/** Throws BackendError when the store takes no object now. */
export async function tryRedirects(trial: RedirectTrial): Promise<RedirectAbilities> {
  const { backend, publicEndpoint } = trial;
  const key = newTrialKey();
  const bytes = randomBytes(BYTES);
  try {
    const { etag } = await write(backend.write(key, BYTES), bytes);
    return {
      publicEndpoint,
      at: new Date(),
      etags: etag === md5(bytes),
      partEtags: await tryParts(trial, `${key}-parts`, bytes),
      keyReadsOnly: await tryWriting(trial, `${key}-write`, bytes),
      ...(await tryReads(trial, key, bytes)),
    };
  } finally {
    await backend.delete(key).catch(() => undefined);
  }
}

type Reads = Omit<RedirectAbilities, "publicEndpoint" | "at" | "etags" | "partEtags" | "keyReadsOnly">;

const UNKNOWN: Reads = {
  keyReads: undefined,
  sameStore: undefined,
  replayedHeaders: undefined,
  ranges: undefined,
  conditions: undefined,
  overrides: undefined,
};

async function tryReads(trial: RedirectTrial, key: string, bytes: Buffer): Promise<Reads> {
  const near = (headers: Readonly<Record<string, string>> = {}, overrides = {}) =>
    answerOf(trial, trial.near(key, overrides), headers, trial.secureContext);
  const far = (headers: Readonly<Record<string, string>> = {}) => answerOf(trial, trial.far(key), headers, undefined);
  const plain = await near();
  if (plain === undefined || plain.status >= 500) return UNKNOWN;
  if (plain.status !== 200) return { ...UNKNOWN, keyReads: false };
  const etag = plain.headers.etag ?? "";
  const [range, matching, other, unchanged, overridden, replayed, there, replayedThere] = await Promise.all([
    near({ range: `bytes=${RANGE.first}-${RANGE.last}` }),
    near({ "if-match": etag }),
    near({ "if-match": '"0123456789abcdef0123456789abcdef"' }),
    near({ "if-none-match": etag }),
    near({}, OVERRIDES),
    near(REPLAYED),
    far(),
    far(REPLAYED),
  ]);
  const sameStore = isSame(there, bytes);
  return {
    keyReads: true,
    sameStore,
    replayedHeaders:
      sameStore === true ? stricter(judgeReplayed(replayed), judgeReplayed(replayedThere)) : judgeReplayed(replayed),
    ranges: isRange(range, bytes),
    conditions: isAll([matching?.status, 200], [other?.status, 412], [unchanged?.status, 304]),
    overrides: overridden && isOverridden(overridden),
  };
}

/** Undefined: there is no answer. */
async function answerOf(
  { signal }: RedirectTrial,
  url: string | undefined,
  headers: Readonly<Record<string, string>>,
  secureContext: SecureContext | undefined,
): Promise<SignedAnswer | undefined> {
  if (url === undefined) return undefined;
  try {
    return await readSigned(url, { headers, secureContext, signal });
  } catch {
    return undefined;
  }
}

/** Another store has no such key, or other bytes. A refusal says nothing: clients may come from other networks. */
function isSame(answer: SignedAnswer | undefined, bytes: Buffer): boolean | undefined {
  if (answer?.status === 200) return answer.body.equals(bytes);
  return answer?.status === 404 ? false : undefined;
}

function judgeReplayed(answer: SignedAnswer | undefined): RedirectAbilities["replayedHeaders"] {
  if (answer === undefined || answer.status >= 500) return undefined;
  return answer.status === 200 ? "tolerate" : "strict";
}

function stricter(
  one: RedirectAbilities["replayedHeaders"],
  other: RedirectAbilities["replayedHeaders"],
): RedirectAbilities["replayedHeaders"] {
  return one === "strict" ? one : (other ?? one);
}

function isRange(answer: SignedAnswer | undefined, bytes: Buffer): boolean | undefined {
  if (answer === undefined) return undefined;
  const { first, last } = RANGE;
  const told = `bytes ${first}-${last}/${bytes.length}`;
  const isTold = answer.status === 206 && answer.headers["content-range"] === told;
  return isTold && answer.body.equals(bytes.subarray(first, last + 1));
}

/** Undefined: not each was answered. */
function isAll(...pairs: readonly (readonly [number | undefined, number])[]): boolean | undefined {
  if (pairs.some(([told]) => told === undefined || told >= 500)) return undefined;
  return pairs.every(([told, expected]) => told === expected);
}

function isOverridden({ status, headers }: SignedAnswer): boolean {
  const isTold = ([name, value]: readonly [string, string]) => headers[name.slice("response-".length)] === value;
  return status === 200 && Object.entries(OVERRIDES).every(isTold);
}

/** Is the ETag of an upload in parts the md5 of their md5s? Undefined: it takes none now. */
async function tryParts({ backend }: RedirectTrial, key: string, bytes: Buffer): Promise<boolean | undefined> {
  let id: string | undefined;
  try {
    id = await backend.createUpload(key);
    const { etag } = await write(backend.writePart(key, id, 1, bytes.length), bytes);
    const completed = await backend.completeUpload(key, id, [{ partNumber: 1, etag }]);
    return completed.etag === `${md5(Buffer.from(md5(bytes), "hex"))}-1`;
  } catch (failure) {
    if (!(failure instanceof BackendError)) throw failure;
    if (id !== undefined) await backend.abortUpload(key, id).catch(() => undefined);
    return undefined;
  } finally {
    await backend.delete(key).catch(() => undefined);
  }
}

/** Is the key that signs redirects refused? Undefined: there is none, or it is not known. */
async function tryWriting(
  { backend, writeByRedirectKey }: RedirectTrial,
  key: string,
  bytes: Buffer,
): Promise<boolean | undefined> {
  if (writeByRedirectKey === undefined) return undefined;
  try {
    await write(writeByRedirectKey(key, bytes.length), bytes);
    await backend.delete(key).catch(() => undefined);
    return false;
  } catch (failure) {
    if (!(failure instanceof BackendError)) throw failure;
    return failure.fault === "refused" ? true : undefined;
  }
}

async function write(sink: ReturnType<Backend["write"]>, bytes: Buffer): Promise<{ readonly etag: string }> {
  try {
    await sink.write(bytes);
    const { etag } = await sink.finish();
    return { etag: bareEtag(etag) ?? "" };
  } catch (failure) {
    sink.abort();
    throw failure;
  }
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}
