/** Names: opens the database, migrates it, hands out the classes below, closes it. The only room that imports knex. */
import type { Accounts } from "./accounts.ts";
import type { Blobs } from "./blobs.ts";
import type { Buckets } from "./buckets.ts";
import type { Jobs } from "./jobs.ts";
import type { Names } from "./names.ts";
import type { Objects } from "./objects.ts";
import type { Stats } from "./stats.ts";
import type { Uploads } from "./uploads.ts";

export interface MetadataOptions {
  readonly engine:
    | { readonly kind: "sqlite"; readonly file: string /** Only for stores nobody keeps: commits are not synced. */; readonly durable: boolean }
    | { readonly kind: "postgres"; readonly url: string; readonly poolSize?: number };
  readonly now: () => Date;
  /** How long a blob without references is kept. */
  readonly graceMs: number;
  /** Bound of the exact read cache, in rows; 0: none. SQLite only. */
  readonly cacheRows: number;
}

export interface Metadata {
  readonly accounts: Accounts;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly uploads: Uploads;
  readonly blobs: Blobs;
  readonly names: Names;
  readonly jobs: Jobs;
  readonly stats: Stats;
  /** Throws when the database cannot answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export async function openMetadata(_options: MetadataOptions): Promise<Metadata> {
  throw new Error("contract");
}
