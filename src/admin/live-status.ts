/**
 * What only a running gateway knows, for operators at `/-/status`: which backends it finds up, how they answer, how
 * fast its jobs get on. From memory; the database is not asked.
 */
import type { BackendError } from "../backends/backend.ts";
import type { Fleet } from "../backends/fleet.ts";
import { reasonOf } from "../log.ts";
import { type BackendCalls, callsOf } from "./backend-calls.ts";
import { errorKey, FAULTS } from "./backend-errors.ts";
import type { JournalStatus } from "./journal-status.ts";
import { perSecond, type RecentCounts } from "./recent-counts.ts";

export interface LiveBackend extends BackendCalls {
  readonly name: string;
  readonly region: string;
  readonly up: boolean;
  /** It took the last small write. */
  readonly writable: boolean;
  /** By the configuration or by the database. */
  readonly draining: boolean;
  /** Why it is not up. */
  readonly why: string | undefined;
  /** Moving average of its answers to reads and probes; undefined: none yet. */
  readonly latencyMs: number | undefined;
  /** Failures that callers met within the last five minutes. */
  readonly recentErrors: number;
}

interface JobRate {
  readonly kind: string;
  /** Finished by this gateway, of late. */
  readonly perSecond: number;
}

export interface LiveStatus {
  readonly now: Date;
  readonly startedAt: Date;
  /** Good copies a blob should have. */
  readonly copies: number;
  /** In the order of the configuration. */
  readonly backends: readonly LiveBackend[];
  /** Kinds of which it finished none are left out. */
  readonly jobRates: readonly JobRate[];
  /** Undefined: there is none. */
  readonly journal: JournalStatus | undefined;
}

export interface LiveStatusOptions {
  readonly fleet: Fleet;
  /** By errorKey. */
  readonly errors: RecentCounts;
  /** By kind of job, and those kinds. */
  readonly jobs: RecentCounts;
  readonly jobKinds: () => Iterable<string>;
  readonly journal: () => JournalStatus | undefined;
  readonly copies: number;
  readonly now: () => Date;
}

const RECENT_MS = 300_000;

/** Without the backend's own name, which stands beside it. */
function whyOf(name: string, failure: BackendError): string {
  return (reasonOf(failure.cause) ?? failure.message).replaceAll(`${name}: `, "");
}

/** Begins now: `startedAt` is the moment of this call. */
export function openLiveStatus(options: LiveStatusOptions): () => LiveStatus {
  const { fleet, errors, jobs, jobKinds, journal, copies, now } = options;
  const startedAt = now();
  const errorsOf = (name: string) =>
    FAULTS.reduce((sum, fault) => sum + errors.growth(errorKey(name, fault), RECENT_MS).count, 0);
  return () => ({
    now: now(),
    startedAt,
    copies,
    backends: fleet.members().map((member) => {
      const { backend, region, up, writable, draining, failure, latencyMs } = member;
      const { name } = backend;
      const why = failure && whyOf(name, failure);
      const health = { up, writable, draining, why, latencyMs, recentErrors: errorsOf(name) };
      return { name, region: region.name, ...health, ...callsOf(member) };
    }),
    jobRates: [...jobKinds()].flatMap((kind) => {
      const rate = perSecond(jobs, kind);
      return rate === undefined ? [] : [{ kind, perSecond: rate }];
    }),
    journal: journal(),
  });
}
