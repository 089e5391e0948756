/**
 * The part of the composition root that has the database adopt the objects of a backend's own bucket, where they stand.
 * What was adopted is known by its storage key: a run that was cut off is simply run again, and asks nothing about that
 * a second time.
 */
import { openStore } from "./admin/open-store.ts";
import type { Administration } from "./administration.ts";
import type { Adoptable, DescribedObject, Obstacle, PresentObject } from "./backends/adoptable.ts";
import { adoptedKey } from "./backends/adopted-key.ts";
import type { Backend } from "./backends/backend.ts";
import { type Destination, destinationOf } from "./blobs/scope.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { AdoptedObject } from "./metadata/adoptions.ts";
import type { Bucket } from "./model.ts";
import { inParallel } from "./upkeep/in-parallel.ts";

export interface AdoptionOptions {
  /** The backend's name, and its bucket. */
  readonly from: { readonly backend: string; readonly bucket: string };
  readonly to: string;
  readonly prefix: string;
  /** Asks and counts, and changes nothing. */
  readonly dryRun: boolean;
  readonly onProgress: (progress: AdoptionProgress) => void;
}

export interface AdoptionProgress {
  readonly done: number;
  /** Undefined until the whole listing was counted. */
  readonly total: number | undefined;
}

/** exists: the bucket had an object of that key, which stays. */
export type SkipReason = Obstacle | "exists" | "long-key";

export interface AdoptionReport {
  readonly listed: number;
  readonly adopted: number;
  /** Of those. */
  readonly bytes: number;
  /** Adopted by an earlier run. */
  readonly known: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** The first of them. */
  readonly examples: readonly { readonly key: string; readonly reason: SkipReason }[];
}

/** Objects in one transaction, and in memory. */
const BATCH = 100;
const AT_ONCE = 32;
const EXAMPLES = 20;

/** Throws an Error in words for an operator, and BackendError when the backend ceases to answer. */
export async function adoptObjects(
  { metadata, backends }: Pick<Administration, "metadata" | "backends">,
  config: GatewayConfig,
  options: AdoptionOptions,
): Promise<AdoptionReport> {
  const { from, to } = options;
  const declared = (await backends.configurations()).find(({ name }) => name === from.backend);
  if (declared?.kind !== "s3" || declared.adopts !== true)
    throw new Error(`${from.backend} adopts nothing: it must be a backend of kind s3 with adopts: true`);
  if (declared.bucket !== from.bucket)
    throw new Error(`the bucket of ${from.backend} is ${declared.bucket}: in place, it adopts what stands there`);
  const bucket = await metadata.buckets.find(to);
  if (bucket === undefined) throw new Error(`there is no bucket ${to}: create it first, with a key of its owner`);
  const destination = destinationOf(bucket, bucket.owner.id, undefined, {
    ...{ dedup: config.dedup.scope, copies: config.copies },
  });
  if (destination.wanted?.regions?.includes(declared.region) === false)
    throw new Error(`nothing of ${to} may stand in ${declared.region}, the region of ${from.backend}`);
  const registered = (await metadata.backends.list()).find(({ name }) => name === from.backend);
  if (registered === undefined)
    throw new Error(`${from.backend} is not registered: start the gateway with this configuration once`);
  const backend = await openStore(declared);
  try {
    await backend.probe(AbortSignal.timeout(30_000), registered.identity);
    return await new Adopter(metadata, options, backend, { ...destination, bucket, copies: config.copies }).run();
  } finally {
    await backend.close();
  }
}

interface Goal extends Destination {
  readonly bucket: Bucket;
  /** Of a blob that wants nothing else. */
  readonly copies: number;
}

class Adopter {
  readonly #metadata: Administration["metadata"];
  readonly #options: AdoptionOptions;
  readonly #backend: Backend;
  readonly #goal: Goal;
  readonly #report = { listed: 0, adopted: 0, bytes: 0, known: 0 };
  readonly #skipped: Partial<Record<SkipReason, number>> = {};
  readonly #examples: { readonly key: string; readonly reason: SkipReason }[] = [];
  #total: number | undefined;
  #isOver = false;

  constructor(metadata: Administration["metadata"], options: AdoptionOptions, backend: Backend, goal: Goal) {
    this.#metadata = metadata;
    this.#options = options;
    this.#backend = backend;
    this.#goal = goal;
  }

  async run(): Promise<AdoptionReport> {
    const { adoptable } = this.#backend;
    if (adoptable === undefined) throw new TypeError("a backend that adopts nothing");
    const { prefix, onProgress } = this.#options;
    const counted = this.#count(adoptable);
    try {
      for await (const batch of inBatches(adoptable.list(prefix))) {
        const described = await inParallel(batch, AT_ONCE, (listed) => this.#describe(adoptable, listed));
        await this.#adopt(described.flatMap((one) => one ?? []));
        this.#report.listed += batch.length;
        onProgress({ done: this.#report.listed, total: this.#total });
      }
    } finally {
      this.#isOver = true;
      await counted;
    }
    return { ...this.#report, skipped: this.#skipped, examples: this.#examples };
  }

  /** A listing costs a thousandth of what follows: from then on it is known how long that takes. */
  async #count(adoptable: Adoptable): Promise<void> {
    let total = 0;
    try {
      for await (const _ of adoptable.list(this.#options.prefix)) {
        if (this.#isOver) return;
        total++;
      }
      this.#total = total;
    } catch {
      // The other walk over the same listing says what is wrong.
    }
  }

  /** Undefined: it is not to be adopted, and counted as such. */
  async #describe(adoptable: Adoptable, listed: PresentObject): Promise<AdoptedObject | undefined> {
    const storageKey = adoptedKey(this.#backend.name, listed.key);
    if (storageKey === undefined) return this.#skip(listed.key, "long-key");
    const obstacle = await this.#metadata.adoptions.obstacle(this.#goal.bucket.id, listed.key, storageKey);
    if (obstacle !== undefined) return this.#skip(listed.key, obstacle);
    const described = await adoptable.describe(listed);
    if (typeof described === "string") return this.#skip(listed.key, described);
    return this.#objectOf(described, storageKey);
  }

  async #adopt(objects: readonly AdoptedObject[]): Promise<void> {
    const outcomes = this.#options.dryRun ? [] : await this.#metadata.adoptions.adopt(objects);
    for (const [index, { key, content }] of objects.entries()) {
      const outcome = outcomes[index] ?? "adopted";
      if (outcome !== "adopted") this.#skip(key, outcome);
      else {
        this.#report.adopted++;
        this.#report.bytes += content.size;
      }
    }
  }

  #skip(key: string, reason: SkipReason | "known"): undefined {
    if (reason === "known") {
      this.#report.known++;
      return;
    }
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
    if (this.#examples.length < EXAMPLES) this.#examples.push({ key, reason });
  }

  #objectOf({ key, size, etag, modifiedAt, attributes, partSizes }: DescribedObject, storageKey: string) {
    const { bucket, scope, wanted, copies } = this.#goal;
    return {
      ...{ bucketId: bucket.id, key, etag, modifiedAt, condition: {}, checksum: undefined },
      attributes: { ...attributes, adoptedAs: storageKey },
      parts: partSizes?.map((size, index) => ({ partNumber: index + 1, size })),
      content: {
        ...({ kind: "fresh", storageKey, size, etag, digest: undefined, partSizes, scope } as const),
        ...{ backends: [this.#backend.name], touched: [], good: 1, replaces: undefined },
        copies: wanted?.copies ?? copies,
        ...(wanted && { wanted }),
      },
    };
  }
}

async function* inBatches<T>(all: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
