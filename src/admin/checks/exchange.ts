/**
 * Does a store do what the gateway needs of it: take, give back, list and delete objects, whole, in ranges and in
 * parts, and name them by their md5? Leaves nothing behind.
 */
import { createHash, randomBytes } from "node:crypto";
import { asBackendError, type Backend, BackendError, type BackendFault, type Sink } from "../../backends/backend.ts";
import { newTrialKey } from "../../backends/trial-key.ts";
import { reasonOf } from "../../log.ts";
import { error, type Finding, ok } from "./finding.ts";

export type ExchangingBackend = Pick<
  Backend,
  | "name"
  | "write"
  | "read"
  | "stat"
  | "list"
  | "delete"
  | "createUpload"
  | "writePart"
  | "completeUpload"
  | "abortUpload"
>;

export const REMEDIES: Readonly<Record<BackendFault, string>> = {
  absent: "Make its bucket, or mount its disk, or correct the configuration.",
  unavailable: "See that it runs and that its endpoint (or directory) is right and can be reached from here.",
  refused: "Give its key the rights that docs/backends.md lists, and room to write; check key and secret.",
  corrupt: "Do not use it: it does not give back what it was given. See what stands between it and the gateway.",
};

const TEST_BYTES = 64;
const RANGE = { first: 16, last: 31 };

interface TestObject {
  readonly key: string;
  readonly bytes: Buffer;
}

/** `atHand` is called while the object stands there. Says no more once the store fails to write or to read. */
export async function exchangeObject(
  backend: ExchangingBackend,
  atHand: (key: string) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const { name } = backend;
  const key = newTrialKey();
  const test = { key, bytes: randomBytes(TEST_BYTES) };
  let step = "write";
  const startedAt = performance.now();
  try {
    const etag = await write(backend.write(key, TEST_BYTES), test.bytes);
    step = "read";
    const read = await backend.read(key, TEST_BYTES);
    const found = [
      ...(await tryEach(name, {
        range: () => readRange(backend, test),
        list: () => list(backend, test),
        etag: () => compareEtags(backend, test, [etag, read.etag]),
        multipart: () => uploadInParts(backend, { ...test, key: `${key}-parts` }),
      })),
      ...(await atHand(key)),
    ];
    step = "delete";
    await backend.delete(key);
    const ms = Math.round(performance.now() - startedAt);
    if (read.bytes.equals(test.bytes))
      return [ok("exchange", name, `takes, gives back and deletes an object (${ms} ms)`), ...found];
    const says = "gives back other bytes";
    return [error({ check: "exchange", subject: name, says, remedy: REMEDIES.corrupt }), ...found];
  } catch (failure) {
    await backend.delete(key).catch(() => undefined);
    return [unusable(name, step, `fails to ${step} an object`, asBackendError(failure, name))];
  }
}

export function unusable(subject: string, check: string, what: string, failure: BackendError): Finding {
  const reason = (reasonOf(failure) ?? "").replace(`${subject}: `, "");
  return error({ check, subject, says: `${what}: ${reason}`, remedy: REMEDIES[failure.fault] });
}

const WHAT = {
  range: "fails to read a part of an object",
  list: "fails to list an object",
  etag: "does not name an object by the md5 of its bytes",
  multipart: "fails to take an object in parts",
} as const;

/** Each says what it saw, or throws. */
async function tryEach(
  subject: string,
  attempts: Readonly<Record<keyof typeof WHAT, () => Promise<string>>>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [check, attempt] of Object.entries(attempts) as [keyof typeof WHAT, () => Promise<string>][])
    try {
      findings.push(ok(check, subject, await attempt()));
    } catch (failure) {
      findings.push(unusable(subject, check, WHAT[check], asBackendError(failure, subject)));
    }
  return findings;
}

async function readRange(backend: ExchangingBackend, { key, bytes }: TestObject): Promise<string> {
  const length = RANGE.last - RANGE.first + 1;
  const read = await backend.read(key, length, RANGE);
  if (!read.bytes.equals(bytes.subarray(RANGE.first, RANGE.last + 1)))
    throw wrong(backend, "other bytes than were asked for");
  return "gives back the part of an object that is asked for";
}

async function list(backend: ExchangingBackend, { key, bytes }: TestObject): Promise<string> {
  for await (const listed of backend.list(key))
    if (listed.key === key && listed.size === bytes.length) return "lists what stands there";
  throw wrong(backend, "what was just written is not in the listing");
}

async function compareEtags(
  backend: ExchangingBackend,
  { key, bytes }: TestObject,
  told: readonly string[],
): Promise<string> {
  const all = [...told, (await backend.stat(key)).etag];
  const other = all.find((etag) => etag !== md5(bytes));
  if (other !== undefined)
    throw wrong(backend, `its ETag is ${other}; is default encryption with a KMS key or customer keys on?`);
  return "names an object by the md5 of its bytes, whenever it is asked";
}

async function uploadInParts(backend: ExchangingBackend, { key, bytes }: TestObject): Promise<string> {
  const id = await backend.createUpload(key);
  try {
    const etag = await write(backend.writePart(key, id, 1, bytes.length), bytes);
    const completed = await backend.completeUpload(key, id, [{ partNumber: 1, etag }]);
    const expected = `${md5(Buffer.from(md5(bytes), "hex"))}-1`;
    if (completed.etag !== expected) throw wrong(backend, `its ETag is ${completed.etag}, expected ${expected}`);
    if (!(await backend.read(key, bytes.length)).bytes.equals(bytes)) throw wrong(backend, "gives back other bytes");
  } catch (failure) {
    await backend.abortUpload(key, id).catch(() => undefined);
    await backend.delete(key).catch(() => undefined);
    throw failure;
  }
  await backend.delete(key);
  return "takes an object in parts";
}

function wrong({ name }: ExchangingBackend, detail: string): BackendError {
  return new BackendError(name, "corrupt", { detail });
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** Gives the ETag. */
async function write(sink: Sink, bytes: Buffer): Promise<string> {
  try {
    await sink.write(bytes);
    return (await sink.finish()).etag;
  } catch (failure) {
    sink.abort();
    throw failure;
  }
}
