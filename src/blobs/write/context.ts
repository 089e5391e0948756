/** What the writing half of this room shares: where bytes may go, under which names, and who is told what happened. */
import type { BackendError, Sink } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { Log } from "../../log.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import type { Sites } from "../replicas/placer.ts";
import { Outlet } from "../replicas/replica-writer.ts";
import type { Replicas } from "../replicas/verify.ts";
import type { NamePool } from "./key-pool.ts";

export interface Stores {
  readonly metadata: Metadata;
  readonly sites: Sites;
  readonly names: NamePool;
  readonly replicas: Replicas;
  /** Replicas that must stand before a write is acknowledged, unless the caller asks for fewer. */
  readonly minimumCopies: number;
  readonly log: Log;
}

/** An outlet whose failure the fleet hears of. */
export function openOutlet(
  stores: Stores,
  member: FleetMember,
  open: () => Sink,
  told: (failure: BackendError) => void = () => undefined,
): Outlet {
  return new Outlet(member, open(), (failure) => {
    stores.sites.fleet.reportFailure(failure);
    stores.log.warn({ err: failure, backend: failure.backend }, "a backend failed a write");
    told(failure);
  });
}
