/**
 * Brings every object of an old bucket here. What stands here already says what was brought: a run that was cut off is
 * simply run again. An object that a client has overwritten in the old bucket since it was brought comes anew, unless
 * somebody has changed it here.
 */
import { BackendError } from "../backends/backend.ts";
import type { OldPlace, Unreadable } from "../backends/old-place.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Standing } from "../metadata/takeovers.ts";
import type { Bucket, ListedObject } from "../model.ts";
import { bring } from "./bring.ts";
import type { Brought } from "./bringing.ts";
import { patiently } from "./patiently.ts";
import { type ImportReport, Tally } from "./tally.ts";
import { type Amount, countAlong } from "./total.ts";

/**
 * exists, deleted: a client did so here. gone: it was deleted there meanwhile. changing: it is overwritten again and
 * again.
 */
export type NotCopied = Unreadable | "exists" | "deleted" | "gone" | "changing";

export interface ByCopyOptions {
  readonly metadata: Pick<Metadata, "takeovers">;
  /** Undefined: nothing is brought, only asked and counted. */
  readonly to: Brought | undefined;
  readonly place: OldPlace;
  readonly bucket: Bucket;
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: Amount, total: Amount | undefined) => void;
}

const PAGE = 1000;
/** Small objects cost a round trip each; of large ones each holds 8 MiB. */
const AT_ONCE = 16;
const TRIES = 6;

/** Throws BackendError when the old service ceases to answer, S3Error when too few backends take what comes. */
export async function importByCopy(options: ByCopyOptions): Promise<ImportReport<NotCopied>> {
  const { place, prefix, signal, onProgress } = options;
  const tally = new Tally<NotCopied>();
  const total = countAlong((ended) => listAll(place, prefix, AbortSignal.any([signal, ended])));
  const done = { objects: 0, bytes: 0 };
  const entries = listAll(place, prefix, signal);
  const worker = async () => {
    for (let next = await entries.next(); !next.done; next = await entries.next()) {
      const listed = next.value;
      const outcome = await patiently(() => copyOne(options, listed), signal);
      if (outcome === "copied") tally.import(listed.size);
      else if (outcome === "known") tally.know();
      else tally.skip(listed.key, outcome);
      tally.list(1);
      done.objects += 1;
      done.bytes += listed.size;
      onProgress(done, total.amount());
    }
  };
  try {
    await allOrFirst(Array.from({ length: AT_ONCE }, worker), () => entries.return(undefined));
  } finally {
    await total.end();
  }
  return tally.report;
}

/** Throws the first failure when all have ended, which `stop` hastens. */
async function allOrFirst(workers: readonly Promise<void>[], stop: () => Promise<unknown>): Promise<void> {
  try {
    await Promise.all(workers);
  } catch (error) {
    await stop();
    await Promise.allSettled(workers);
    throw error;
  }
}

async function* listAll(place: OldPlace, prefix: string, signal: AbortSignal): AsyncGenerator<ListedObject> {
  let after: string | undefined;
  do {
    const asked = { prefix, delimiter: undefined, after, limit: PAGE };
    const page = await patiently(() => place.list(asked), signal);
    for (const entry of page.entries) if ("object" in entry) yield entry.object;
    after = page.next;
  } while (after !== undefined);
}

async function copyOne(options: ByCopyOptions, listed: ListedObject): Promise<NotCopied | "copied" | "known"> {
  const { metadata, bucket, place, to, signal } = options;
  const standing = await metadata.takeovers.standing(bucket.id, listed.key);
  const settled = settledBy(standing, listed);
  if (settled !== undefined) return settled;
  if (to === undefined) {
    const found = await place.find(listed.key);
    return found === undefined ? "gone" : typeof found === "string" ? found : "copied";
  }
  const replaces = typeof standing === "object" ? standing.etag : undefined;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const found = await place.find(listed.key);
    if (found === undefined) return "gone";
    if (typeof found === "string") return found;
    try {
      const isBrought = await bring(to, { bucket, place, old: found, replaces, signal });
      return isBrought ? "copied" : standingAgain(await metadata.takeovers.standing(bucket.id, listed.key));
    } catch (error) {
      if (!(error instanceof BackendError) || error.fault !== "absent") throw error;
    }
  }
  return "changing";
}

/** What stands here decides, where that is not an older state of what stands there. Undefined: it is to be brought. */
function settledBy(standing: Standing, listed: ListedObject): "exists" | "deleted" | "known" | undefined {
  if (standing === undefined || standing === "deleted") return standing;
  if (standing.brought === undefined) return "exists";
  // Both to the second.
  const isNewer = listed.modifiedAt > standing.modifiedAt;
  const isOther = listed.modifiedAt.getTime() === standing.modifiedAt.getTime() && listed.etag !== standing.brought;
  return isNewer || isOther ? undefined : "known";
}

/** A client was quicker, or its read brought it. */
function standingAgain(standing: Standing): "exists" | "deleted" | "known" {
  if (standing === "deleted") return "deleted";
  return standing?.brought === undefined ? "exists" : "known";
}
