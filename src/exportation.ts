/** The part of the composition root that copies objects out of a configuration's gateway, beside its data. */
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Administration, lockDirectory, openAdministration } from "./administration.ts";
import type { BackendConfig } from "./backends/kinds.ts";
import type { S3ServiceOptions } from "./backends/s3/client.ts";
import { isNested } from "./config/contradictions.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { exportObjects, type Tally } from "./export/export.ts";
import { makeReal } from "./export/real-folders.ts";
import { type Amount, measure, type Selection } from "./export/selection.ts";
import { openStores, type Stores } from "./export/stores.ts";
import type { Target } from "./export/target.ts";
import { directoryTarget } from "./export/to-directory.ts";
import { reasonOf } from "./log.ts";
import type { Bucket } from "./model.ts";
import { nameOfOld } from "./old-bucket.ts";

export interface ExportationOptions {
  /** A directory, `BACKEND/BUCKET`, or with `service` a bucket. */
  readonly to: string;
  /** The base of a relative directory. */
  readonly base: string;
  /** None of the configuration's. */
  readonly service: S3ServiceOptions | undefined;
  readonly createBucket: boolean;
  /** Empty: all. */
  readonly buckets: readonly string[];
  readonly prefix: string;
  readonly since: Date | undefined;
  readonly dryRun: boolean;
  /** Ends it: what is under way is given up. */
  readonly signal: AbortSignal;
  readonly onProgress: (total: Amount, tally: Tally, bytes: number) => void;
}

export interface Exportation extends Tally {
  readonly total: Amount;
  /** What else an operator should know. */
  readonly remarks: readonly string[];
  /** What ended it before its end. */
  readonly ended: string | undefined;
}

type Destination = { readonly directory: string } | { readonly service: S3ServiceOptions; readonly bucket: string };

/** Throws an Error in words for an operator where it cannot begin. */
export async function exportFrom(config: GatewayConfig, options: ExportationOptions): Promise<Exportation> {
  const administration = await openAdministration(config);
  try {
    const configs = await administration.backends.configurations();
    const selection = { ...options, buckets: await bucketsOf(administration, options.buckets) };
    const destination = destinationOf(options, configs);
    const stores = await openStores(configs);
    try {
      return await withTarget(destination, { administration, configs, options }, (target) =>
        run(administration, { stores, target, selection, options }),
      );
    } finally {
      await stores.close();
    }
  } finally {
    await administration.close();
  }
}

interface RunParts {
  readonly stores: Stores;
  readonly target: Target;
  readonly selection: Selection;
  readonly options: ExportationOptions;
}

async function run(
  { metadata }: Administration,
  { stores, target, selection, options }: RunParts,
): Promise<Exportation> {
  const amounts = { written: 0, copied: 0, skipped: 0, failed: 0, bytesWritten: 0, bytesCopied: 0, bytesSkipped: 0 };
  const tally: Tally = { ...amounts, failures: [] };
  const total = await measure(metadata, selection);
  const { dryRun, signal } = options;
  const onProgress = (now: Tally, bytes: number) => options.onProgress(total, now, bytes);
  let ended: string | undefined;
  try {
    await exportObjects({ metadata, stores, target, selection, dryRun, signal, onProgress }, tally);
  } catch (error) {
    ended = signal.aborted ? "it was stopped" : (reasonOf(error) ?? String(error));
  }
  const remarks = [...selection.buckets.flatMap(notHere), ...stores.faults, ...(target.remarks?.() ?? [])];
  return { ...tally, total, remarks, ended };
}

/** What has not come to a bucket that takes another over is none of its objects yet. */
function notHere({ name, settings: { takesOver } }: Bucket): readonly string[] {
  if (takesOver === undefined) return [];
  const place = nameOfOld(takesOver);
  return [`${name} takes over ${place}: what has not come from there is not exported. End that first, with import`];
}

async function bucketsOf({ metadata }: Administration, names: readonly string[]): Promise<readonly Bucket[]> {
  const found: Bucket[] = [];
  for (const name of new Set(names)) {
    const bucket = await metadata.buckets.find(name);
    if (bucket === undefined) throw new Error(`there is no bucket ${name}`);
    found.push(bucket);
  }
  if (names.length > 0) return found;
  for (let after: string | undefined = ""; after !== undefined; after = found.at(-1)?.name) {
    const page = await metadata.buckets.listAll({ after, limit: 1000 });
    if (page.length === 0) break;
    found.push(...page);
  }
  return found;
}

function destinationOf({ to, base, service }: ExportationOptions, configs: readonly BackendConfig[]): Destination {
  const [, name = "", bucket = ""] = /^([^/]+)\/([^/]+)$/.exec(to) ?? [];
  const backend = service ?? configs.find((one) => one.name === name);
  if (backend === undefined) return { directory: resolve(base, to) };
  if (!("endpoint" in backend)) throw new Error(`${name} is no S3 service: give a directory as --to ./${to}`);
  if (service !== undefined && to.includes("/")) throw new Error("with --to-config, --to is a bucket of that service");
  const target = service === undefined ? bucket : to;
  const holder = configs.find((one) => "endpoint" in one && one.endpoint === backend.endpoint && one.bucket === target);
  if (holder !== undefined) throw new Error(`in ${target} stand the blobs of ${holder.name}: name another bucket`);
  return { service: backend, bucket: target };
}

interface TargetParts {
  readonly administration: Administration;
  readonly configs: readonly BackendConfig[];
  readonly options: ExportationOptions;
}

function withTarget<T>(to: Destination, parts: TargetParts, work: (target: Target) => Promise<T>): Promise<T> {
  return "directory" in to ? inDirectory(to.directory, parts, work) : inBucket(to, parts, work);
}

const WORK = ".nearbucket-export";

async function inDirectory<T>(
  directory: string,
  { administration: { metadata }, configs, options: { to, dryRun } }: TargetParts,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const workDirectory = join(directory, WORK);
  const target = directoryTarget({ directory, workDirectory, metadata, dryRun });
  if (dryRun) return work(target);
  await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new Error(`${to} is neither BACKEND/BUCKET nor in a folder that is there`);
    if (error.code !== "EEXIST") throw error;
  });
  const real = { directory: await realpath(directory) };
  const disk = configs.find((one) => "directory" in one && (one.directory === real.directory || isNested(one, real)));
  if (disk !== undefined) throw new Error(`${to} and the disk of ${disk.name} stand within each other`);
  await makeReal(workDirectory);
  const lock = await lockDirectory(workDirectory);
  if (lock === undefined) throw new Error(`another export writes to ${to}`);
  try {
    // What a run left that was killed.
    for (const name of await readdir(workDirectory))
      if (!name.startsWith("lock")) await rm(join(workDirectory, name), { force: true });
    return await work(target);
  } finally {
    await lock.close();
    await rm(workDirectory, { recursive: true, force: true });
  }
}

async function inBucket<T>(
  { service, bucket }: Extract<Destination, { bucket: string }>,
  { options }: TargetParts,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  // AWS's client takes a while to load: other commands do without.
  const { ensureBucket, openService } = await import("./export/s3-service.ts");
  const { bucketTarget } = await import("./export/to-bucket.ts");
  const client = await openService(service);
  try {
    await ensureBucket(client, bucket, options.createBucket && !options.dryRun);
    const isNested = options.buckets.length !== 1;
    return await work(bucketTarget({ client, service, bucket, isNested, signal: options.signal }));
  } finally {
    client.destroy();
  }
}
