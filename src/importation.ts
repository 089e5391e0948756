/**
 * The part of the composition root that has a bucket take over another: its objects are adopted where they stand, or
 * copied. From the beginning on gateways read there what is not here yet.
 */
import type { Administration } from "./administration.ts";
import { destinationOf } from "./blobs/scope.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { Log } from "./log.ts";
import type { Bucket, OldBucket } from "./model.ts";
import { nameOfOld } from "./old-bucket.ts";
import { openOldPlaces } from "./old-places.ts";
import { openStores } from "./stores.ts";
import type { NotAdopted } from "./takeover/adopt.ts";
import { importByCopy, type NotCopied } from "./takeover/import-by-copy.ts";
import { importInPlace } from "./takeover/import-in-place.ts";
import type { ImportReport } from "./takeover/tally.ts";
import type { Amount } from "./takeover/total.ts";

export interface ImportOptions {
  readonly from: OldBucket;
  readonly to: string;
  readonly prefix: string;
  /** Asks and counts, and changes nothing. */
  readonly dryRun: boolean;
  /** Afterwards nothing is read in the old bucket any more, where nothing was left out. */
  readonly finish: boolean;
  readonly signal: AbortSignal;
  /** Of stores that answer badly. */
  readonly log: Log;
  readonly onProgress: (done: Amount, total: Amount | undefined) => void;
}

export type SkipReason = Exclude<NotAdopted, "known"> | NotCopied;

export interface Import extends ImportReport<SkipReason> {
  /** The old bucket is read no more. */
  readonly finished: boolean;
}

/** What a client did here stands: nothing is missing then. */
const SETTLED: ReadonlySet<string> = new Set<SkipReason>(["exists", "deleted", "gone"]);

export function isWhole({ skipped }: Pick<Import, "skipped">): boolean {
  return Object.keys(skipped).every((reason) => SETTLED.has(reason));
}

/** Throws an Error in words for an operator, and BackendError or S3Error when stores cease to answer. */
export async function importObjects(
  administration: Administration,
  config: GatewayConfig,
  options: ImportOptions,
): Promise<Import> {
  const { from, dryRun, prefix, finish } = options;
  const bucket = await bucketNamed(administration, options.to);
  if (isOther(bucket, from)) throw new Error(`${takenBy(bucket)}: end that first, with --stop`);
  const report = await (from.inPlace ? inPlace : byCopy)(administration, config, { ...options, bucket });
  const finished = finish && !dryRun && prefix === "" && isWhole(report);
  if (finished) await endTakeover(administration, options);
  return { ...report, finished };
}

/** The old bucket is read no more. False: the bucket took nothing over. Throws an Error when that is another one. */
export async function endTakeover(
  administration: Administration,
  { from, to }: Pick<ImportOptions, "from" | "to">,
): Promise<boolean> {
  const { buckets, takeovers } = administration.metadata;
  const bucket = await bucketNamed(administration, to);
  if (isOther(bucket, from)) throw new Error(`${takenBy(bucket)}: name that one to end it`);
  await buckets.updateSettings(bucket.id, ({ takesOver: _ended, ...settings }) => settings);
  await takeovers.forget(bucket.id);
  return bucket.settings.takesOver !== undefined;
}

function isOther({ settings: { takesOver } }: Bucket, from: OldBucket): boolean {
  return takesOver !== undefined && nameOfOld(takesOver) !== nameOfOld(from);
}

function takenBy({ name, settings: { takesOver } }: Bucket): string {
  return `${name} takes over ${takesOver && nameOfOld(takesOver)}`;
}

interface Importing extends ImportOptions {
  readonly bucket: Bucket;
}

async function bucketNamed({ metadata }: Administration, name: string): Promise<Bucket> {
  const bucket = await metadata.buckets.find(name);
  if (bucket === undefined) throw new Error(`there is no bucket ${name}: create it first, with a key of its owner`);
  return bucket;
}

/** From now on gateways read there what is not here yet, and remember what is deleted. */
async function begin({ metadata }: Administration, { bucket, from, dryRun }: Importing): Promise<void> {
  if (dryRun) return;
  if (bucket.settings.takesOver === undefined) await metadata.takeovers.forget(bucket.id);
  await metadata.buckets.updateSettings(bucket.id, (settings) => ({ ...settings, takesOver: from }));
}

function defaultsOf({ dedup, copies }: GatewayConfig) {
  return { dedup: dedup.scope, multipart: dedup.multipart, copies };
}

async function inPlace(administration: Administration, config: GatewayConfig, importing: Importing) {
  const { metadata, backends } = administration;
  const { from, bucket, prefix, dryRun, signal, onProgress } = importing;
  const declared = await backends.configurations();
  const region = declared.find(({ name }) => name === from.service)?.region ?? "";
  const defaults = defaultsOf(config);
  const { wanted } = destinationOf(bucket, bucket.owner.id, undefined, defaults);
  const places = openOldPlaces(config.sources, metadata, () => declared);
  try {
    const backend = await places.adopting(from);
    if (wanted?.regions?.includes(region) === false)
      throw new Error(`nothing of ${bucket.name} may stand in ${region}, the region of ${from.service}`);
    await begin(administration, importing);
    return await importInPlace({ metadata, backend, bucket, defaults, prefix, dryRun, signal, onProgress });
  } finally {
    await places.close();
  }
}

async function byCopy(administration: Administration, config: GatewayConfig, importing: Importing) {
  const { metadata, backends, box } = administration;
  const { from, bucket, prefix, dryRun, signal, onProgress, log } = importing;
  const declared = await backends.configurations();
  const places = openOldPlaces(config.sources, metadata, () => declared);
  try {
    const place = await places.open(from);
    // Asked before anything is begun: a bucket that is not there, or a wrong key, is told at once.
    await place.list({ prefix, delimiter: undefined, after: undefined, limit: 1 });
    await begin(administration, importing);
    const run = { metadata, place, bucket, prefix, signal, onProgress };
    if (dryRun) return await importByCopy({ ...run, to: undefined });
    const now = () => new Date();
    const stores = await openStores(config, { metadata, unseal: box.unseal, now, log });
    try {
      stores.registry.start();
      return await importByCopy({ ...run, to: { metadata, blobs: stores.blobs, defaults: defaultsOf(config) } });
    } finally {
      await stores.close();
    }
  } finally {
    await places.close();
  }
}
