/**
 * What is safe and what is not, for the metrics. Who holds what is read in the background at the start, while somebody
 * asks, and while the room on a backend follows from it; what that means is judged by the fleet as it is at the moment.
 * Asking waits for nothing.
 */
import type { Fleet } from "../backends/fleet.ts";
import type { Log } from "../log.ts";
import type { HolderSet } from "../metadata/holders.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { CopyRule } from "../wanted.ts";
import { type GoneRegion, goneRegions } from "./gone-regions.ts";
import { type BackendPlace, judgeSafety, type Safety } from "./safety.ts";

interface CountedSafety {
  readonly safety: Safety;
  readonly countedAt: Date;
}

export interface SafetyWatch {
  /** Undefined until the first count is read. Reads another when the last is older than ten seconds. */
  latest(): CountedSafety | undefined;
  close(): Promise<void>;
}

export interface SafetyWatchOptions {
  readonly holders: Metadata["holders"];
  readonly fleet: Fleet;
  readonly rule: CopyRule;
  readonly now: () => Date;
  readonly log: Log;
}

const EVERY_MS = 10_000;

export function watchSafety({ holders, fleet, rule, now, log }: SafetyWatchOptions): SafetyWatch {
  const closing = new AbortController();
  let last: { readonly sets: readonly HolderSet[]; readonly countedAt: Date } | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;
  const latest = () => {
    const isDue = now().getTime() - begunAt >= EVERY_MS;
    if (isDue && counting === undefined && !closing.signal.aborted) {
      begunAt = now().getTime();
      counting = count();
    }
    return last && { safety: judgeSafety(last.sets, placesOf(fleet), rule), countedAt: last.countedAt };
  };
  const warned = new Set<string>();
  const warnOf = (gone: readonly GoneRegion[]) => {
    for (const { region, blobs, copiesOn, outside } of gone) {
      if (!warned.has(region))
        log.warn(
          { region, blobs, copiesOn, outside },
          "no backend is in a region where blobs are kept: see the doctor",
        );
      warned.add(region);
    }
  };
  const countForSpace = () => {
    if (fleet.members().some(({ backend }) => backend.sizeBytes !== undefined)) latest();
  };
  const count = async () => {
    try {
      const sets = await holders.sets();
      last = { sets, countedAt: now() };
      warnOf(goneRegions(sets, placesOf(fleet)));
      fleet.setUsed(usedBytes(sets, await holders.forReaders()));
    } catch (error) {
      if (!closing.signal.aborted) log.warn({ err: error }, "could not count what is safe");
    } finally {
      counting = undefined;
    }
  };
  const timer = setInterval(countForSpace, EVERY_MS).unref();
  // What is kept in a region that is gone, or has another name now, is told at the start.
  latest();
  return {
    latest,
    async close() {
      clearInterval(timer);
      closing.abort(new Error("closing"));
      await counting;
    },
  };
}

function usedBytes(sets: readonly HolderSet[], forReaders: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const used = new Map(forReaders);
  for (const { backends, bytes } of sets) for (const name of backends) used.set(name, (used.get(name) ?? 0) + bytes);
  return used;
}

function placesOf(fleet: Fleet): readonly BackendPlace[] {
  return fleet.members().map(({ backend: { name }, region, up, draining }) => {
    return { name, region: region.name, inPlace: up, attached: !draining, present: fleet.isPresent(name) };
  });
}
