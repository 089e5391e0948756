/**
 * Reads the replicas on one backend whole, those first that were not read for longest, so that damage is found while
 * another copy is there to mend it. An even share of them is read in each run, and all that are overdue. The progress
 * is in the rows: a run may be cut at any point.
 */
import { setMaxListeners } from "node:events";
import { BackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import type { Scrub } from "../metadata/jobs.ts";
import type { DueReplica } from "../metadata/scrubs.ts";
import type { Blob, Digest } from "../model.ts";
import { recordDigestOrLater } from "./digest.ts";
import type { JobContext } from "./job-context.ts";
import type { Rate } from "./rate.ts";
import { readWhole } from "./read-whole.ts";
import type { JobRun } from "./running-job.ts";
import { ScrubWalk } from "./scrub-walk.ts";
import { Busy } from "./slots.ts";
import type { StubbornReplicas } from "./stubborn.ts";

export interface ScrubOptions {
  /** Every replica is read at least this often. */
  readonly days: number;
  /** Between two runs. */
  readonly everyMs: number;
  /** A run that takes longer lets the scrub of another backend have its turn. */
  readonly turnMs: number;
  /** Limits the scrubs of all backends together. */
  readonly rate: Rate;
  /** By backend: what this process has read. */
  readonly counts: Map<string, ScrubCounts>;
  readonly stubborn: StubbornReplicas;
}

/** One that could not be read, and why. */
interface Unread {
  readonly due: DueReplica;
  readonly failure: BackendError;
}

/** Replicas by what was found, and the bytes read. `unread`: it could not be read now, and stays due. */
export interface ScrubCounts {
  good: number;
  lost: number;
  unread: number;
  bytes: number;
}

const DAY_MS = 86_400_000;
/** The even shares go round in this part of the days: time for outages is left. */
const ROUND = 0.8;
/** A replica that was read more recently than this part of the days ago is left alone. */
const EARLIEST = 0.5;
/** A replica that was not read for this part of the days is read whatever the share. */
const LATEST = 0.9;

/** Replicas read with one look at the database. */
const BATCH = 64;
/** Small replicas that are read at once: a backend may be far away. They count as one reader. */
const GROUP = 8;
const GROUP_BYTES = 8 * 1024 * 1024;
/** What a replica costs of the rate beside its bytes: a request. */
const REQUEST_BYTES = 64 * 1024;
/** Places on the backend that are left to other jobs. */
const SPARE = 1;
/** When the backend is away, or busy, it is looked at again so soon. */
const RETRY_MS = 60_000;
/** A run ends when about so many replicas could not be read: then something is wrong with the backend itself. */
const PASSED_LIMIT = 1000;
/** Good replicas are noted at least this often. */
const NOTE_EVERY_MS = 5_000;

export async function scrubBackend(
  context: JobContext,
  options: ScrubOptions,
  work: Scrub,
  member: FleetMember,
  run: JobRun,
): Promise<void> {
  const { scrubs, jobs } = context.metadata;
  const { backend } = work;
  const ageMs = options.days * DAY_MS;
  const now = context.now().getTime();
  const walk = new ScrubWalk(scrubs, backend);
  const reader = new Reader(context, options, member, run);
  const began = performance.now();
  let left = work.left ?? (work.until === undefined ? evenShare(await scrubs.count(backend), options) : 0);
  const nextBatch = async () => {
    if (work.until !== undefined) return walk.next(work.until, BATCH);
    const share = left > 0 ? await walk.next(now - EARLIEST * ageMs, Math.min(left, BATCH)) : [];
    if (share.length > 0) return share;
    walk.skipUnknown();
    return walk.next(now - LATEST * ageMs, BATCH);
  };
  const goOn = async (inMs: number) => {
    if (work.until === undefined) await run.narrow({ kind: "scrub", backend, left });
    await jobs.add(work, new Date(context.now().getTime() + inMs));
  };
  const passed: Unread[] = [];
  try {
    for (let batch = await nextBatch(); batch.length > 0 && passed.length < PASSED_LIMIT; batch = await nextBatch()) {
      for (const group of groupsOf(batch)) {
        run.signal.throwIfAborted();
        if (!member.up) return await goOn(RETRY_MS);
        const unread = await reader.read(group);
        for (const { due } of unread) walk.pass(due);
        passed.push(...unread);
        left = Math.max(0, left - (group.length - unread.length));
        if (performance.now() - began > options.turnMs) return await goOn(0);
      }
      await reader.note();
    }
  } catch (error) {
    if (error instanceof Busy) return await goOn(RETRY_MS);
    throw error;
  } finally {
    await reader.note();
    await reader.judge(passed);
  }
  const stay = passed.length - reader.givenUp;
  if (stay > 0) context.log.warn({ backend, replicas: stay }, "replicas that the scrub could not read stay due");
  if (work.left !== undefined) await run.narrow({ kind: "scrub", backend });
}

function evenShare(replicas: number, { days, everyMs }: ScrubOptions): number {
  return Math.ceil((replicas * everyMs) / (ROUND * days * DAY_MS));
}

/** Large replicas alone, small ones in company. */
function groupsOf(batch: readonly DueReplica[]): readonly (readonly DueReplica[])[] {
  const groups: DueReplica[][] = [];
  let bytes = 0;
  for (const due of batch) {
    bytes += due.blob.size;
    const last = groups.at(-1);
    if (last !== undefined && last.length < GROUP && bytes <= GROUP_BYTES) {
      last.push(due);
    } else {
      groups.push([due]);
      bytes = due.blob.size;
    }
  }
  return groups;
}

/** Reads replicas on one backend and keeps the account of them. */
class Reader {
  readonly #context: JobContext;
  readonly #options: ScrubOptions;
  readonly #rate: Rate;
  readonly #member: FleetMember;
  readonly #run: JobRun;
  readonly #counts: ScrubCounts;
  #good: number[] = [];
  /** In this run. */
  #read = 0;
  givenUp = 0;
  #notedAt = performance.now();

  constructor(context: JobContext, options: ScrubOptions, member: FleetMember, run: JobRun) {
    const { name } = member.backend;
    const mine = options.counts.get(name) ?? { good: 0, lost: 0, unread: 0, bytes: 0 };
    options.counts.set(name, mine);
    // Each read of a group listens to it, and so does its body.
    setMaxListeners(4 * GROUP, run.signal);
    this.#context = context;
    this.#options = options;
    this.#counts = mine;
    this.#member = member;
    this.#run = run;
    this.#rate = (bytes) => {
      mine.bytes += bytes;
      return options.rate(bytes);
    };
  }

  /** The replicas that could not be read now, or seem damaged but must not be marked so. Throws Busy. */
  async read(group: readonly DueReplica[]): Promise<readonly Unread[]> {
    const { slots } = this.#context;
    const read = async ({ blob }: DueReplica) => {
      await this.#options.rate(REQUEST_BYTES);
      return readWhole(this.#context, blob, this.#member, this.#rate, this.#run);
    };
    const results = await slots.hold([this.#member.backend.name], () => Promise.all(group.map(read)), SPARE);
    const unread: Unread[] = [];
    for (const [index, due] of group.entries()) {
      const result = results[index];
      if (result === undefined) continue;
      if (result.failure !== undefined && !result.isLost) {
        unread.push({ due, failure: result.failure });
        continue;
      }
      this.#options.stubborn.forget(this.#member.backend.name, due.blob.id);
      if (result.digest === undefined) this.#counts.lost++;
      else await this.#noteGood(due.blob, result.digest);
    }
    this.#counts.unread += unread.length;
    if (performance.now() - this.#notedAt > NOTE_EVERY_MS) await this.note();
    return unread;
  }

  /** Those that have failed for long, while others are read there, are marked lost where another copy can be read. */
  async judge(unread: readonly Unread[]): Promise<void> {
    const { replicas, now } = this.#context;
    const { backend, up } = this.#member;
    const isWell = up && unread.length <= Math.max(1, this.#read);
    for (const { due, failure } of unread) {
      if (!isWell || !this.#options.stubborn.failed(backend.name, due.blob.id, now())) continue;
      const detail = `it fails each time it is read: ${failure.message}`;
      const damage = new BackendError(backend.name, "corrupt", { detail, cause: failure, isSuspicion: true });
      if (!(await replicas.noteFailure(due.blob, damage))) continue;
      this.#options.stubborn.forget(backend.name, due.blob.id);
      this.#counts.lost++;
      this.givenUp++;
    }
  }

  /** Writes down which replicas were found good. */
  async note(): Promise<void> {
    const good = this.#good.splice(0);
    this.#notedAt = performance.now();
    if (good.length > 0) await this.#context.metadata.scrubs.mark(this.#member.backend.name, good);
  }

  async #noteGood(blob: Blob, digest: Digest): Promise<void> {
    this.#counts.good++;
    this.#read++;
    this.#good.push(blob.id);
    if (blob.digest === undefined) await recordDigestOrLater(this.#context, blob, digest, this.#run);
  }
}
