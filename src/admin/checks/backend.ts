/**
 * Is a backend the right one, and does it do what the gateway needs of it? Leaves nothing behind. A store that shows
 * another identity than the database says, or may be somebody else's, is not written to.
 */
import { asBackendError, type Backend } from "../../backends/backend.ts";
import type { RegisteredBackend } from "../../metadata/backends.ts";
import { type ExchangingBackend, exchangeObject, REMEDIES, unusable } from "./exchange.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

export type ExaminedBackend = ExchangingBackend &
  Pick<Backend, "traits" | "identity" | "isEmpty" | "probe" | "signedUrl">;

/** What is known of the backend beforehand. */
export interface Acquaintance {
  /** The identity that the database has for its name; undefined: it knows none. */
  readonly registered: string | undefined;
  readonly others: readonly Pick<RegisteredBackend, "name" | "identity">[];
  /** Rows say that blobs stand there. */
  readonly holdsBlobs: boolean;
  /** Somebody asks whether to attach it: it is in no configuration yet. */
  readonly attaching: Attaching | undefined;
}

interface Attaching {
  /** What it makes where nothing stands; undefined: nothing. */
  readonly makes: string | undefined;
  /** Where it takes no objects before it has an identity: lends another one at the same place. */
  readonly onTrial?: (<T>(work: (backend: ExchangingBackend) => Promise<T>) => Promise<T>) | undefined;
}

export interface BackendExamination {
  readonly findings: readonly Finding[];
  /** It may be asked for more. */
  readonly isUsable: boolean;
}

const PATIENCE_MS = 10_000;

export async function examineBackend(
  backend: ExaminedBackend,
  known: Acquaintance,
  atHand: (key: string) => Promise<readonly Finding[]>,
): Promise<BackendExamination> {
  const { name } = backend;
  const { registered } = known;
  try {
    const shown = await identityOf(backend);
    const identity = registered === undefined ? await judgeNew(backend, shown, known) : judge(name, shown, registered);
    if (shown === NOT_THERE || identity.some(({ level }) => level === "error"))
      return { findings: identity, isUsable: false };
    if (registered !== undefined) await backend.probe(AbortSignal.timeout(PATIENCE_MS), registered);
    const onTrial = shown === undefined ? known.attaching?.onTrial : undefined;
    const exchange = (on: ExchangingBackend) => exchangeObject(on, atHand);
    const exchanged = await (onTrial === undefined ? exchange(backend) : onTrial(exchange));
    return { findings: [...identity, ...exchanged], isUsable: true };
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

function judge(subject: string, shown: string | undefined, registered: string): readonly Finding[] {
  const check = "identity";
  if (shown === registered) return [ok(check, subject, "is the store that it is registered as")];
  const says = `${whatStands(shown)} stands in its place`;
  const remedy = `Bring the right one back, or give the new one its place: nearbucket backends replace ${subject}`;
  return [error({ check, subject, says, remedy })];
}

function whatStands(shown: string | undefined): string {
  return shown === NOT_THERE ? "no bucket and no disk" : shown === undefined ? "an empty store" : "another store";
}

/** What would be registered must be empty, and nobody else. */
async function judgeNew(
  backend: ExaminedBackend,
  shown: string | undefined,
  { others, holdsBlobs, attaching }: Acquaintance,
): Promise<readonly Finding[]> {
  const { name: subject } = backend;
  const check = "identity";
  const other = others.find(({ identity }) => identity === shown);
  if (other !== undefined) {
    const says = `is the same store as ${other.name}`;
    return [error({ check, subject, says, remedy: "A store has one name, and counts as one copy: name another one." })];
  }
  if (shown !== NOT_THERE && !holdsBlobs && !(await backend.isEmpty())) {
    const remedy = "Give it an empty bucket or directory, or another prefix.";
    return [error({ check, subject, says: "holds blobs that this database does not know", remedy })];
  }
  if (attaching === undefined) {
    const stands = shown === undefined ? "" : `, and ${whatStands(shown)} stands there`;
    const remedy = "Start the gateway: it registers the store, or says why not.";
    return [warning({ check, subject, says: `is not registered yet${stands}`, remedy })];
  }
  if (shown !== NOT_THERE) return [ok(check, subject, "is empty, and nobody else")];
  const says = "no bucket and no disk stands there";
  if (attaching.makes === undefined) return [error({ check, subject, says, remedy: REMEDIES.absent })];
  const remedy = `Attaching it makes ${attaching.makes}; make it yourself to have more looked at before.`;
  return [warning({ check, subject, says, remedy })];
}
