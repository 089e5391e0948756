/** What the writing half of this room shares: where bytes may go, under which names, and who hears of failures. */
import type { LRUCache } from "lru-cache";
import type { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { GuardedSink } from "../../backends/guarded-sink.ts";
import type { Log } from "../../log.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import type { Wanted } from "../../wanted.ts";
import type { CopyRules } from "../replicas/good-copies.ts";
import { placementOf } from "../replicas/placement.ts";
import type { Placer } from "../replicas/placer.ts";
import type { ReplicaWriter } from "../replicas/replica-writer.ts";
import type { Replicas } from "../replicas/verify.ts";
import type { ReservedKeyPool } from "./key-pool.ts";

export interface WriteContext {
  readonly metadata: Metadata;
  /** Of blobs without a wish of their own. */
  readonly rules: CopyRules;
  readonly placer: Placer;
  readonly keyPool: ReservedKeyPool;
  readonly replicas: Replicas;
  /** Ids of uploads in parts whose backends did not agree on an md5: theirs are computed here. A bounded table. */
  readonly uploadsToHash: LRUCache<string, true>;
  /** Replicas that must stand before a write is acknowledged, unless the caller asks for fewer. */
  readonly minimumCopies: number;
  readonly log: Log;
}

/** The same for bytes that want something else than most. `near`: as for Placer. */
export function contextFor(
  context: WriteContext,
  wanted: Wanted | undefined,
  near: readonly string[] = [],
): WriteContext {
  const placer = context.placer.for(wanted, near);
  if (placer === context.placer) return context;
  const waitsForAll = context.minimumCopies === context.rules.copies;
  return {
    ...context,
    placer,
    minimumCopies: waitsForAll ? placer.copies : Math.min(context.minimumCopies, placer.copies),
  };
}

/**
 * A writer whose failure the fleet, the log and then `onFailure` hear of. `open` passes its argument to the backend.
 * `isReplaceable`: a backend where writes fail is given up when this write stands still there.
 */
export function openReplicaWriter(
  context: WriteContext,
  member: FleetMember,
  open: (onFailure: (failure: BackendError) => void) => GuardedSink,
  onFailure: (failure: BackendError) => void,
  isReplaceable: () => boolean = () => false,
): ReplicaWriter {
  const sink = open((failure) => {
    context.placer.fleet.reportFailure(failure);
    context.log.warn({ err: failure, backend: failure.backend }, "a backend failed a write");
    onFailure(failure);
  });
  sink.giveUpWhenStill(() => member.writes.state !== "closed" && isReplaceable());
  return { placement: placementOf(member), sink };
}
