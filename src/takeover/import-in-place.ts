/**
 * Has the database adopt the objects of a backend's own bucket, where they stand. What was adopted is known by its
 * storage key: a run that was cut off is simply run again, and asks nothing about that a second time.
 */
import type { PresentObject } from "../backends/adoptable.ts";
import type { WriteDefaults } from "../blobs/scope.ts";
import type { AdoptedObject } from "../metadata/adoptions.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Bucket } from "../model.ts";
import { inParallel } from "../upkeep/in-parallel.ts";
import { type AdoptingBackend, type NotAdopted, readyToAdopt } from "./adopt.ts";
import { listPatiently, patiently } from "./patiently.ts";
import { type ImportReport, Tally } from "./tally.ts";
import { type Amount, countAlong } from "./total.ts";

export interface InPlaceOptions {
  readonly metadata: Pick<Metadata, "adoptions">;
  readonly backend: AdoptingBackend;
  readonly bucket: Bucket;
  readonly defaults: WriteDefaults;
  readonly prefix: string;
  /** Asks and counts, and changes nothing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** `total` undefined: the whole listing was not counted yet. */
  readonly onProgress: (done: Amount, total: Amount | undefined) => void;
}

/** Objects in one transaction, and in memory. */
const BATCH = 100;
const AT_ONCE = 32;

/** Throws BackendError when the backend ceases to answer, and the signal's reason. */
export async function importInPlace(options: InPlaceOptions): Promise<ImportReport<Exclude<NotAdopted, "known">>> {
  const { metadata, backend, prefix, dryRun, signal, onProgress } = options;
  const tally = new Tally<Exclude<NotAdopted, "known">>();
  const skip = (key: string, reason: NotAdopted) => {
    if (reason === "known") tally.know();
    else tally.skip(key, reason);
  };
  const list = (until: AbortSignal) => listPatiently((after) => backend.adoptable.list(prefix, after), until);
  const total = countAlong((ended) => list(AbortSignal.any([signal, ended])));
  const done = { objects: 0, bytes: 0 };
  try {
    for await (const batch of inBatches(list(signal))) {
      signal.throwIfAborted();
      const ready = await inParallel(batch, AT_ONCE, (listed) =>
        patiently(() => readyToAdopt(metadata, backend, options, listed), signal),
      );
      const objects: AdoptedObject[] = [];
      for (const [index, one] of ready.entries())
        if (typeof one === "string") skip(batch[index]?.key ?? "", one);
        else objects.push(one);
      const outcomes = dryRun ? [] : await patiently(() => metadata.adoptions.adopt(objects), signal);
      for (const [index, { key, content }] of objects.entries()) {
        const outcome = outcomes[index] ?? "adopted";
        if (outcome === "adopted") tally.import(content.size);
        else skip(key, outcome);
      }
      tally.list(batch.length);
      done.objects += batch.length;
      done.bytes += batch.reduce((sum, { size }) => sum + size, 0);
      onProgress(done, total.amount());
    }
  } finally {
    await total.end();
  }
  return tally.report;
}

async function* inBatches(all: AsyncIterable<PresentObject>): AsyncGenerator<readonly PresentObject[]> {
  let batch: PresentObject[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
