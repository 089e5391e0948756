/**
 * Is a backend the right one, and does it take, give back and delete an object? Leaves nothing behind. A store that
 * shows another identity than the database says is not written to.
 */
import { randomBytes } from "node:crypto";
import { asBackendError, type Backend, type BackendError, type BackendFault } from "../../backends/backend.ts";
import { reasonOf } from "../../log.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

export type ExaminedBackend = Pick<
  Backend,
  "name" | "traits" | "identity" | "probe" | "write" | "read" | "delete" | "signedUrl"
>;

export interface BackendExamination {
  readonly findings: readonly Finding[];
  /** It may be asked for more. */
  readonly isUsable: boolean;
}

const PATIENCE_MS = 10_000;

const REMEDIES: Readonly<Record<BackendFault, string>> = {
  absent: "Make its bucket, or mount its disk, or correct the configuration.",
  unavailable: "See that it runs and that its endpoint (or directory) is right and can be reached from here.",
  refused: "Give its key the rights that docs/backends.md lists, and room to write; check key and secret.",
  corrupt: "Do not use it: it does not give back what it was given. See what stands between it and the gateway.",
};

/** `registered`: the identity that the database has for its name; undefined: it knows none. */
export async function examineBackend(
  backend: ExaminedBackend,
  registered: string | undefined,
  atHand: (key: string) => Promise<readonly Finding[]>,
): Promise<BackendExamination> {
  const { name } = backend;
  try {
    const shown = await identityOf(backend);
    const identity = judgeIdentity(name, shown, registered);
    if (shown === NOT_THERE || identity.some(({ level }) => level === "error"))
      return { findings: identity, isUsable: false };
    if (registered !== undefined) await backend.probe(AbortSignal.timeout(PATIENCE_MS), registered);
    return { findings: [...identity, ...(await exchangeObject(backend, atHand))], isUsable: true };
  } catch (cause) {
    const failure = asBackendError(cause, name);
    const found = unusable(name, "reach", "cannot be used", failure);
    const again = registered !== undefined && failure.fault === "refused" ? ` ${afterLoss(name)}` : "";
    return { findings: [{ ...found, remedy: `${REMEDIES[failure.fault]}${again}` }], isUsable: false };
  }
}

/** A store that lost its data may have lost its users too: it refuses a key that was right. */
function afterLoss(name: string): string {
  const first = "If it was made anew or emptied, give it its user and bucket again, and then";
  return `${first}: nearbucket backends replace ${name}`;
}

/** Undefined: the store is empty. */
async function identityOf(backend: ExaminedBackend): Promise<string | undefined> {
  try {
    return await backend.identity(AbortSignal.timeout(PATIENCE_MS));
  } catch (failure) {
    if (asBackendError(failure, backend.name).fault === "absent") return NOT_THERE;
    throw failure;
  }
}

/** No identity is called so. */
const NOT_THERE = "not there";
const REGISTERING = "Start the gateway: it registers the store, or says why not.";

function judgeIdentity(subject: string, shown: string | undefined, registered: string | undefined): readonly Finding[] {
  const check = "identity";
  const stands =
    shown === NOT_THERE ? "no bucket and no disk" : shown === undefined ? "an empty store" : "another store";
  if (registered === undefined) {
    const says = shown === undefined ? "is not registered yet" : `is not registered yet, and ${stands} stands there`;
    return [warning({ check, subject, says, remedy: REGISTERING })];
  }
  if (shown === registered) return [ok(check, subject, "is the store that it is registered as")];
  const says = `${stands} stands in its place`;
  const remedy = `Bring the right one back, or give the new one its place: nearbucket backends replace ${subject}`;
  return [error({ check, subject, says, remedy })];
}

const TEST_BYTES = 64;

/** `atHand` is called while the object stands there. */
async function exchangeObject(
  backend: ExaminedBackend,
  atHand: (key: string) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const { name } = backend;
  // Where the key that signs redirects may read. No storage key looks so; an inventory deletes what a crash left there.
  const key = `blobs/nearbucket-doctor-${randomBytes(8).toString("hex")}`;
  const bytes = randomBytes(TEST_BYTES);
  let step = "write";
  const startedAt = performance.now();
  try {
    await write(backend, key, bytes);
    step = "read";
    const read = await backend.read(key, TEST_BYTES);
    const isSame = read.bytes.equals(bytes);
    const found = await atHand(key);
    step = "delete";
    await backend.delete(key);
    const ms = Math.round(performance.now() - startedAt);
    if (isSame) return [ok("exchange", name, `takes, gives back and deletes an object (${ms} ms)`), ...found];
    return [
      error({ check: "exchange", subject: name, says: "gives back other bytes", remedy: REMEDIES.corrupt }),
      ...found,
    ];
  } catch (failure) {
    await backend.delete(key).catch(() => undefined);
    return [unusable(name, step, `fails to ${step} an object`, asBackendError(failure, name))];
  }
}

async function write(backend: ExaminedBackend, key: string, bytes: Buffer): Promise<void> {
  const sink = backend.write(key, bytes.length);
  try {
    await sink.write(bytes);
    await sink.finish();
  } catch (failure) {
    sink.abort();
    throw failure;
  }
}

function unusable(subject: string, check: string, what: string, failure: BackendError): Finding {
  const reason = (reasonOf(failure) ?? "").replace(`${subject}: `, "");
  return error({ check, subject, says: `${what}: ${reason}`, remedy: REMEDIES[failure.fault] });
}
