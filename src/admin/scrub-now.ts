/** Has a gateway read a whole backend now, however lately its replicas were read, and says how far that is. */
import type { Metadata } from "../metadata/metadata.ts";
import { knownBackend, Refusal } from "./refusal.ts";

export interface ScrubProgress {
  /** A gateway reads the backend whole, or will. */
  readonly isUnderWay: boolean;
  /** Replicas still to be read, and their bytes; when it is over, those that could not be. */
  readonly left: { readonly replicas: number; readonly bytes: number };
  /** Runs that failed. */
  readonly attempts: number;
  /** Why the last run failed; undefined: it did not. */
  readonly reason: string | undefined;
}

/**
 * One that waits or is under way is the same. Returns `until`: what was last read then or before is read. Throws
 * Refusal when the backend is not registered, or removed.
 */
export async function scrubNow(
  { backends, jobs }: Pick<Metadata, "backends" | "jobs">,
  name: string,
  now: Date,
): Promise<Date> {
  const { state } = knownBackend(await backends.list(), name);
  if (state === "removed") throw new Refusal(`${name} is removed`);
  await jobs.add({ kind: "scrub", backend: name, until: now.getTime() }, undefined, true);
  return (await jobs.wholeScrub(name))?.until ?? now;
}

/** `until`: as `scrubNow` returned it. Throws Refusal when the backend is not registered. */
export async function scrubProgress(
  { backends, jobs, scrubs }: Pick<Metadata, "backends" | "jobs" | "scrubs">,
  name: string,
  until: Date,
): Promise<ScrubProgress> {
  knownBackend(await backends.list(), name);
  // The job before the rows: when it is gone, they are as it left them.
  const job = await jobs.wholeScrub(name);
  const left = await scrubs.left(name, until);
  return { isUnderWay: job !== undefined, left, attempts: job?.attempts ?? 0, reason: job?.reason };
}
