/** Opens the metadata database, migrates it, provides the classes below, and closes it. Only this room imports knex. */
import { Accounts } from "./accounts.ts";
import { acknowledging } from "./acknowledging.ts";
import { Adoptions } from "./adoptions.ts";
import { Backends } from "./backends.ts";
import { Blobs } from "./blobs.ts";
import { Buckets } from "./buckets.ts";
import type { MetadataContext } from "./context.ts";
import { CopiesWanted } from "./copies-wanted.ts";
import type { Engine, EngineFacts } from "./engine.ts";
import { type FailingJobs, failingJobs } from "./failing-jobs.ts";
import { Footprints } from "./footprints.ts";
import { History } from "./history.ts";
import { Holders } from "./holders.ts";
import { Inventory } from "./inventory.ts";
import { type InventoryFound, inventories } from "./inventory-results.ts";
import { Jobs } from "./jobs.ts";
import { Journal } from "./journal.ts";
import { KeyReservations } from "./key-reservations.ts";
import { type JobsPage, type ListedJob, listJobs, retryJob } from "./listed-jobs.ts";
import { readVersion } from "./migrate.ts";
import { Objects } from "./objects.ts";
import { openPostgres } from "./postgres/engine.ts";
import { Quarantine } from "./quarantine.ts";
import { ReadCache } from "./read-cache.ts";
import { ReadDemand } from "./read-demand.ts";
import { Scrubs } from "./scrubs.ts";
import { Sessions } from "./sessions.ts";
import { openSqlite } from "./sqlite/engine.ts";
import { Stats } from "./stats.ts";
import { Takeovers } from "./takeovers.ts";
import { Uploads } from "./uploads.ts";

export interface MetadataOptions {
  readonly engine:
    | {
        readonly kind: "sqlite";
        readonly file: string;
        /** False: commits are not synced; only for data nobody keeps. */
        readonly durable: boolean;
      }
    | { readonly kind: "postgres"; readonly url: string; readonly poolSize?: number };
  readonly now: () => Date;
  /** How long a blob without references is kept. */
  readonly graceMs: number;
  /** Bound of the exact read cache, in rows; 0: none. SQLite only. */
  readonly cacheRows: number;
  /**
   * Awaited after each commit of what clients are told is stored, before they are told; what it throws they get. Not
   * given: the commit is enough.
   */
  readonly acknowledge?: (() => Promise<void>) | undefined;
  /** False: an older schema is refused, because an older gateway may run on it. True unless given. */
  readonly mayUpgrade?: boolean;
  /**
   * Called once when the database can no longer be trusted (an I/O error): every further write is refused, and the
   * process should end.
   */
  readonly onFatal?: (cause: unknown) => void;
}

interface DatabaseFacts extends EngineFacts {
  /** The number of its last migration. */
  readonly schema: number;
}

export interface Metadata {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly adoptions: Adoptions;
  readonly takeovers: Takeovers;
  readonly uploads: Uploads;
  readonly blobs: Blobs;
  readonly copiesWanted: CopiesWanted;
  readonly backends: Backends;
  readonly keyReservations: KeyReservations;
  readonly jobs: Jobs;
  readonly readDemand: ReadDemand;
  readonly stats: Stats;
  readonly footprints: Footprints;
  readonly holders: Holders;
  readonly scrubs: Scrubs;
  readonly inventory: Inventory;
  readonly quarantine: Quarantine;
  readonly history: History;
  readonly journal: Journal;
  /** By kind and reason, the most often failed first, `limit` at most. */
  failingJobs(limit: number): Promise<readonly FailingJobs[]>;
  /** In order of id. */
  listJobs(page: JobsPage): Promise<readonly ListedJob[]>;
  /** Makes a job due that waits; one that runs goes on. Undefined: there is none with this id. */
  retryJob(id: number): Promise<ListedJob | undefined>;
  /** What the last complete inventory of each backend found; those that had none yet are left out. */
  inventories(): Promise<readonly InventoryFound[]>;
  /** As Engine.checkRoom. Asked before bytes are received. */
  checkRoom(): Promise<void>;
  /** Throws when the database cannot answer. */
  ping(): Promise<void>;
  facts(): Promise<DatabaseFacts>;
  close(): Promise<void>;
}

/** Throws when the database cannot be opened safely: wrong settings, a newer schema, an unsafe SQLite. */
export async function openMetadata(options: MetadataOptions): Promise<Metadata> {
  const engine = await openEngine(options);
  const cache =
    engine.freshness && options.cacheRows > 0 ? new ReadCache(engine.freshness, options.cacheRows) : undefined;
  const context: MetadataContext = { engine, cache, now: options.now, graceMs: options.graceMs };
  const told = options.acknowledge ? { ...context, engine: acknowledging(engine, options.acknowledge) } : context;
  return {
    accounts: new Accounts(told),
    sessions: new Sessions(context),
    buckets: new Buckets(told),
    objects: new Objects(told),
    adoptions: new Adoptions(context),
    takeovers: new Takeovers(told),
    uploads: new Uploads(told),
    blobs: new Blobs(context),
    copiesWanted: new CopiesWanted(context),
    backends: new Backends(context),
    keyReservations: new KeyReservations(context),
    jobs: new Jobs(context),
    readDemand: new ReadDemand(context),
    stats: new Stats(context),
    footprints: new Footprints(context),
    holders: new Holders(context),
    scrubs: new Scrubs(context),
    inventory: new Inventory(context),
    quarantine: new Quarantine(context),
    history: new History(context),
    journal: new Journal(context),
    failingJobs: (limit) => failingJobs(context, limit),
    listJobs: (page) => listJobs(context, page),
    retryJob: (id) => retryJob(context, id),
    inventories: () => inventories(context),
    checkRoom: () => engine.checkRoom(),
    ping: () => engine.ping(),
    facts: async () => ({
      ...(await engine.facts()),
      schema: (await engine.read.get(readVersion, []))?.version ?? 0,
    }),
    close: () => engine.close(),
  };
}

function openEngine(options: MetadataOptions): Promise<Engine> {
  const { engine, now, mayUpgrade, onFatal = () => undefined } = options;
  if (engine.kind === "sqlite")
    return openSqlite({ file: engine.file, durable: engine.durable, now, mayUpgrade, onFatal });
  return openPostgres({ url: engine.url, poolSize: engine.poolSize ?? 10, now, mayUpgrade });
}
