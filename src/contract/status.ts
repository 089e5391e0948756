/** What is safe, where it stands, what is being done about it, and what is stored. */
import { z } from "zod";
import { amount, bytes, count, time } from "./common.ts";

const calls = z.object({
  state: z.enum(["closed", "open", "half-open"]),
  failingSince: time.optional(),
  errorRate: z.number().optional(),
  latencyMs: z.number().optional(),
});

/** What only a running gateway knows of a backend. */
const liveBackend = z.object({
  up: z.boolean(),
  writable: z.boolean(),
  why: z.string().optional(),
  latencyMs: z.number().optional(),
  /** Failures within the last five minutes. */
  recentErrors: count,
  reads: calls,
  writes: calls,
  space: z.object({ free: bytes, total: bytes }).optional(),
});

export const backendStatus = z.object({
  name: z.string(),
  region: z.string().optional(),
  /** Degrees; absent where the region is not in the configuration. */
  coordinates: z.object({ latitude: z.number(), longitude: z.number() }).optional(),
  state: z.enum(["attached", "draining", "removed", "not registered"]),
  /** The gateway reaches it; the others are named by the database alone. */
  configured: z.boolean(),
  /** Why it is not up. */
  why: z.string().optional(),
  /** Which store the database knows under this name. */
  identity: z.string().optional(),
  /** When any gateway last found it in place; absent: none ever did. */
  seenAt: time.optional(),
  /** Since when another store, or an empty one, stands in its place. */
  lostSince: time.optional(),
  replicas: count,
  bytes,
  /** What would be lost with it now. */
  onlyHere: amount,
  lostReplicas: count,
  safeToLose: z.boolean(),
  /** All its replicas were read whole since then; never: not of all it is known; absent: it has none. */
  scrubbedSince: z.union([time, z.literal("never")]).optional(),
  /** What its last complete inventory found; absent: there was none yet. */
  inventory: z
    .object({
      walkedAt: time,
      /** Keys that no row knows, and their bytes. */
      quarantined: count,
      bytes,
      /** They are so many that an operator must confirm their deletion. */
      isHeld: z.boolean(),
    })
    .optional(),
  live: liveBackend.optional(),
});

const jobStatus = z.object({
  kind: z.string(),
  waiting: count,
  oldest: time,
  attempts: count,
  perSecond: z.number().optional(),
  endsAt: time.optional(),
});

const failingJob = z.object({
  kind: z.string(),
  reason: z.string(),
  jobs: count,
  attempts: count,
  /** When the first of them is tried again. */
  nextAt: time,
});

/** Times are the answering gateway's. */
const journalStatus = z.object({
  mode: z.enum(["interval", "ack"]),
  /** Absent with `segment`: another gateway writes it, or it cannot be written. */
  journal: z.string().optional(),
  segment: count.optional(),
  writtenAt: time.optional(),
  writtenTo: z.array(z.string()),
  /** Backends that have all that a restore needs. */
  complete: z.array(z.string()),
  /** What it takes up on each of them. */
  bytes: bytes.optional(),
  snapshotAt: time.optional(),
  snapshotRows: count.optional(),
  /** Since when changes have stood in the database alone; absent: they do not. */
  behindSince: time.optional(),
  /** Why it cannot be written. */
  reason: z.string().optional(),
  /** Backends hold what was written after this database's last: nothing is deleted, and no journal written. */
  isOlder: z.boolean(),
  /** Changes that no segment carries yet. */
  waiting: count,
});

export const status = z.object({
  verdict: z.enum(["safe", "at-risk", "unreadable", "lost", "unknown"]),
  now: time,
  startedAt: time,
  copies: z.int(),
  stored: amount,
  atRisk: amount,
  unreadable: amount,
  lost: amount,
  underReplicated: amount,
  /** When nothing will be at risk any more; absent: nothing is, or nobody can tell. */
  safeAt: time.optional(),
  /** When a backend that is away has been so for `repair.graceMinutes`, and repair begins; absent: none is planned. */
  repairBeginsAt: time.optional(),
  /** What is repaired then. */
  toRepair: amount.optional(),
  /** Absent: there is none. */
  journal: journalStatus.optional(),
  /** Blobs are kept in these regions, and no backend is there, as where a region was given another name. */
  goneRegions: z.array(
    z.object({
      region: z.string(),
      blobs: count,
      /** These hold copies of them outside of the blobs' regions, which do not count. */
      copiesOn: z.array(z.string()),
      /** So many of the blobs have no other copy: only the gateway reads them. */
      outside: count,
    }),
  ),
  /** Buckets that read what they lack in another one: SERVICE/BUCKET. */
  takeovers: z.array(z.object({ bucket: z.string(), from: z.string() })),
  underReplicatedByBucket: z.array(z.object({ bucket: z.string(), objects: count, bytes })),
  backends: z.array(backendStatus),
  jobs: z.array(jobStatus),
  failingJobs: z.array(failingJob),
  /** By which clients are placed; `file` is absent for the one that is built in. */
  addressDatabases: z.array(z.object({ file: z.string().optional(), kind: z.string(), builtAt: time })).optional(),
});

export const stats = z.object({
  buckets: count,
  objects: count,
  blobs: count,
  replicas: count,
  /** Sum of object sizes. */
  logicalBytes: bytes,
  /** Sum of blob sizes, one copy each. */
  uniqueBytes: bytes,
  /** Sum over good copies. */
  storedBytes: bytes,
  dedupRatio: z.number(),
  underReplicated: count,
  reclaimableBytes: bytes,
});

export const historyQuery = z.object({
  /** How far back, in hours. */
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 31)
    .default(24),
});

const served = z.object({ requests: count, bytes });

/** What all gateways did within one step, and what was stored at its end. */
const sample = z.object({
  at: time,
  logicalBytes: bytes,
  uniqueBytes: bytes,
  storedBytes: bytes,
  objects: count,
  underReplicated: count,
  requests: count,
  /** Answered with 5xx. */
  errors: count,
  receivedBytes: bytes,
  /** By client family. */
  families: z.record(z.string(), z.object({ redirected: served, proxied: served })),
  /** Of requests within the step: upper limits of the quantiles; absent: there were none. */
  latencyMs: z.object({ p50: z.number(), p99: z.number() }).optional(),
});

export const history = z.object({ stepSeconds: z.int(), samples: z.array(sample) });

export type StatusDocument = z.infer<typeof status>;
export type BackendStatusDocument = z.infer<typeof backendStatus>;
export type StatsDocument = z.infer<typeof stats>;
export type Sample = z.infer<typeof sample>;
export type HistoryDocument = z.infer<typeof history>;
