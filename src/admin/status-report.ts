/**
 * What `nearbucket status` answers: is everything safe, where does it stand, and when will it be safe again. Walks all
 * blobs only where some are short of copies, to say in which buckets.
 */
import type { Amount, BucketShare } from "../metadata/holders.ts";
import type { InventoryFound } from "../metadata/inventory-results.ts";
import type { Metadata } from "../metadata/metadata.ts";
import { nameOfOld } from "../old-bucket.ts";
import { type GoneRegion, goneRegions } from "./gone-regions.ts";
import type { JournalStatus } from "./journal-status.ts";
import { type ConfiguredBackend, type KnownBackend, knownBackends, placeOf } from "./known-backends.ts";
import type { LiveStatus } from "./live-status.ts";
import { planRepair } from "./repair-plan.ts";
import { type BackendSafety, judgeSafety, type Safety, shortage, type Verdict } from "./safety.ts";

export interface BackendStatus extends KnownBackend, BackendSafety {
  /** Replicas of it that are not good: they are made anew, or taken away. */
  readonly lostReplicas: number;
  readonly safeToLose: boolean;
  /** Each of its replicas was read whole since then; never: not of all it is known; undefined: it has none. */
  readonly scrubbedSince: Date | "never" | undefined;
  /** What its last complete inventory found; undefined: there was none yet. */
  readonly inventory: InventoryFound | undefined;
}

export interface JobStatus {
  readonly kind: string;
  readonly waiting: number;
  /** When the oldest of them was made. */
  readonly oldest: Date;
  /** Of the one that failed most often. */
  readonly attempts: number;
  /** What the gateway finished of late; undefined: none, or no gateway answers. */
  readonly perSecond: number | undefined;
  /** When none will wait any more at this rate. */
  readonly endsAt: Date | undefined;
}

export interface StatusReport extends Omit<Safety, "backends" | "verdict"> {
  /** unknown: the database shows no risk, but no gateway says which backends are in place. */
  readonly verdict: Verdict | "unknown";
  readonly now: Date;
  /** Good copies a blob should have. */
  readonly copies: number;
  /** When nothing will be at risk any more, at the rate of repair; undefined: nothing is, or nobody can tell. */
  readonly safeAt: Date | undefined;
  /** When a backend that is away has been so for the grace, and repair begins; undefined: none is planned. */
  readonly repairBeginsAt: Date | undefined;
  /** What is repaired then. */
  readonly toRepair: Amount | undefined;
  /** Of the gateway that was asked; undefined: it has none, or no gateway answers. */
  readonly journal: (JournalStatus & { readonly waiting: number }) | undefined;
  readonly backends: readonly BackendStatus[];
  /** Blobs are kept in these, and no backend is there. */
  readonly goneRegions: readonly GoneRegion[];
  readonly underReplicatedByBucket: readonly BucketShare[];
  /** Buckets that read what they lack in another one: SERVICE/BUCKET. */
  readonly takeovers: readonly { readonly bucket: string; readonly from: string }[];
  readonly jobs: readonly JobStatus[];
  readonly failingJobs: Awaited<ReturnType<Metadata["failingJobs"]>>;
}

export interface ReportOptions {
  readonly metadata: Metadata;
  /** Undefined: the configuration is not known. */
  readonly configured: readonly ConfiguredBackend[] | undefined;
  readonly copies: number;
  /** No blob is kept in fewer. Default `copies`. */
  readonly fewestCopies?: number;
  /** How long the copies on a backend that is away still count as good. */
  readonly graceMs: number;
  /** Of a running gateway; its word goes before the configuration's. */
  readonly live: LiveStatus | undefined;
  readonly now: Date;
}

const FAILING_SHOWN = 10;

export async function reportStatus({
  metadata,
  configured,
  graceMs,
  live,
  now,
  ...given
}: ReportOptions): Promise<StatusReport> {
  const copies = live?.copies ?? given.copies;
  const rule = { copies, fewestCopies: given.fewestCopies };
  const registered = await metadata.backends.list();
  const lost = await metadata.holders.lost();
  const sets = await metadata.holders.sets();
  const named = await metadata.backends.namesInUse();
  const backends = knownBackends({ configured, registered, live: live?.backends, named });
  const places = backends.map((backend) => placeOf(backend, now, graceMs));
  const isShort = shortage(places, rule);
  const { backends: judged, ...safety } = judgeSafety(sets, places, rule);
  const repair = planRepair({ sets, backends, rule, graceMs, now });
  const inventories = new Map((await metadata.inventories()).map((found) => [found.backend, found]));
  const jobs = await jobsOf(metadata, live, now);
  const scrubbed = new Map<string, BackendStatus["scrubbedSince"]>();
  for (const { name } of backends) scrubbed.set(name, await metadata.scrubs.since(name));
  return {
    now,
    copies,
    ...safety,
    verdict: live === undefined && safety.verdict === "safe" ? "unknown" : safety.verdict,
    safeAt: safeAt(safety, jobs, places.filter((place) => place.inPlace && place.attached).length, now),
    repairBeginsAt: repair?.beginsAt,
    toRepair: repair?.of,
    journal: live?.journal && { ...live.journal, waiting: await metadata.journal.waiting() },
    backends: backends.map((backend) => {
      const one = judged.find(({ name }) => name === backend.name);
      const onlyHere = one?.onlyHere ?? { blobs: 0, objects: 0, bytes: 0 };
      const lostReplicas = lost.find((row) => row.backend === backend.name)?.lost ?? 0;
      const { replicas = 0, bytes = 0 } = one ?? {};
      const more = { scrubbedSince: scrubbed.get(backend.name), inventory: inventories.get(backend.name) };
      return { ...backend, replicas, bytes, onlyHere, lostReplicas, safeToLose: onlyHere.blobs === 0, ...more };
    }),
    goneRegions: goneRegions(
      sets,
      backends.filter(({ state }) => state !== "removed"),
    ),
    takeovers: (await metadata.takeovers.list()).map(({ bucket, from }) => ({ bucket, from: nameOfOld(from) })),
    underReplicatedByBucket: await metadata.holders.byBucket(sets.filter(isShort)),
    jobs,
    failingJobs: await metadata.failingJobs(FAILING_SHOWN),
  };
}

async function jobsOf(metadata: Metadata, live: LiveStatus | undefined, now: Date): Promise<readonly JobStatus[]> {
  return (await metadata.jobs.backlog()).map(({ kind, waiting, oldest, attempts }) => {
    const perSecond = live?.jobRates.find((rate) => rate.kind === kind)?.perSecond;
    const endsAt = perSecond === undefined ? undefined : after(now, waiting / perSecond);
    return { kind, waiting, oldest, attempts, perSecond, endsAt };
  });
}

/** Repair takes what is least safe first; what no backend that is in place holds cannot be repaired. */
function safeAt(
  { atRisk, unreadable }: Pick<Safety, "atRisk" | "unreadable">,
  jobs: readonly JobStatus[],
  targets: number,
  now: Date,
): Date | undefined {
  const repair = jobs.find(({ kind }) => kind === "copy");
  if (atRisk.blobs === 0 || unreadable.blobs > 0 || targets < 2 || repair?.perSecond === undefined) return undefined;
  return after(now, atRisk.blobs / repair.perSecond);
}

function after(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}
