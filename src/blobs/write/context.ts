/** What the writing half of this room shares: where bytes may go, under which names, and who is told what happened. */
import type { BackendError, Sink } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { Log } from "../../log.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import type { Placer } from "../replicas/placer.ts";
import { ReplicaWriter } from "../replicas/replica-writer.ts";
import type { Replicas } from "../replicas/verify.ts";
import type { ReservedKeyPool } from "./key-pool.ts";

export interface WriteContext {
  readonly metadata: Metadata;
  readonly placer: Placer;
  readonly keyPool: ReservedKeyPool;
  readonly replicas: Replicas;
  /** Replicas that must stand before a write is acknowledged, unless the caller asks for fewer. */
  readonly minimumCopies: number;
  readonly log: Log;
}

/** An writer whose failure the fleet hears of. */
export function openReplicaWriter(
  context: WriteContext,
  member: FleetMember,
  open: () => Sink,
  told: (failure: BackendError) => void = () => undefined,
): ReplicaWriter {
  return new ReplicaWriter(member, open(), (failure) => {
    context.placer.fleet.reportFailure(failure);
    context.log.warn({ err: failure, backend: failure.backend }, "a backend failed a write");
    told(failure);
  });
}
