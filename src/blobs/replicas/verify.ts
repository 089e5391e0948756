/**
 * Judges replicas: size and ETag prove one good; a backend's clear answer marks one lost. A backend that cannot be
 * reached proves nothing.
 */
import { BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { Fleet, FleetMember } from "../../backends/fleet.ts";
import type { Log } from "../../log.ts";
import type { Blobs } from "../../metadata/blobs.ts";
import type { Blob, Replica } from "../../model.ts";
import { mayStandIn } from "../../wanted.ts";

export interface ReplicasOptions {
  readonly blobs: Blobs;
  readonly fleet: Fleet;
  /** A replica verified within this time counts without a look. */
  readonly verifiedForMs: number;
  readonly now: () => Date;
  readonly log: Log;
}

export class Replicas {
  readonly #blobs: Blobs;
  readonly #fleet: Fleet;
  readonly #verifiedForMs: number;
  readonly #now: () => Date;
  readonly #log: Log;

  constructor(options: ReplicasOptions) {
    this.#blobs = options.blobs;
    this.#fleet = options.fleet;
    this.#verifiedForMs = options.verifiedForMs;
    this.#now = options.now;
    this.#log = options.log;
  }

  /** Are `needed` replicas of this blob good now? Looks only at as many as it must. */
  async areGood(blob: Blob, needed: number): Promise<boolean> {
    const since = this.#now().getTime() - this.#verifiedForMs;
    const stale: FleetMember[] = [];
    let good = 0;
    for (const replica of blob.replicas) {
      const member = this.#fleet.get(replica.backend);
      if (replica.state !== "verified" || !member?.up || !mayStandIn(member.region.name, blob.wanted)) continue;
      if (replica.verifiedAt.getTime() > since) good++;
      else stale.push(member);
    }
    if (good >= needed) return true;
    if (good + stale.length < needed) return false;
    const proven = await Promise.all(stale.map((member) => this.prove(blob, member)));
    return good + proven.filter(Boolean).length >= needed;
  }

  /**
   * What a failed call says about the replica: absent and corrupt make it lost, which is a copy job in the same
   * transaction. Tells the fleet. A replica that is only suspected to be damaged stays while no other can be read.
   * True: it was marked.
   */
  async noteFailure(blob: Blob, failure: BackendError): Promise<boolean> {
    this.#fleet.reportFailure(failure);
    if (!isClear(failure)) return false;
    try {
      const current = await this.#blobs.find(blob.id);
      const replica = current?.replicas.find(({ backend }) => backend === failure.backend);
      // A blob that was stored anew in the meantime has another storage key. What is wrong with the old bytes says
      // nothing about the new ones.
      if (current?.storageKey !== blob.storageKey || !isReadable(replica)) return false;
      const only = failure.isSuspicion ? { ifVerifiedOn: this.#readable(current, failure.backend) } : {};
      if (!(await this.#blobs.setReplica(blob.id, failure.backend, "lost", blob.storageKey, only))) return false;
      this.#log.error({ err: failure, blob: blob.id, name: blob.storageKey }, "a replica is lost");
      return true;
    } catch (error) {
      this.#log.error(
        { err: error, failure: failure.message, blob: blob.id, name: blob.storageKey },
        "a replica is lost and could not be marked",
      );
      return false;
    }
  }

  /** The other backends from which the blob can be read now. */
  #readable({ replicas }: Blob, except: string): readonly string[] {
    return replicas.flatMap(({ backend, state }) =>
      backend !== except && isReadable({ state }) && this.#fleet.get(backend)?.up ? [backend] : [],
    );
  }

  /**
   * Asks the backend itself; a good answer refreshes the row, a bad one is noted. Undefined: it gave no clear answer.
   */
  async prove(blob: Blob, member: FleetMember): Promise<boolean | undefined> {
    const backend = member.backend.name;
    try {
      checkSame(blob, await member.backend.stat(blob.storageKey), backend);
    } catch (error) {
      const failure = onlyBackendError(error);
      await this.noteFailure(blob, failure);
      return isClear(failure) ? false : undefined;
    }
    return this.#blobs.setReplica(blob.id, backend, "verified", blob.storageKey);
  }
}

/** Has it good bytes, for whatever they are kept? */
export function isReadable(replica: Pick<Replica, "state"> | undefined): boolean {
  return replica?.state === "verified" || replica?.state === "reader";
}

/** Does it say that the replica is not good? */
function isClear({ fault }: BackendError): boolean {
  return fault === "absent" || fault === "corrupt";
}

/** Throws corrupt when what a store says it holds is not the blob. */
export function checkSame(
  expected: { readonly size: number; readonly etag: string },
  found: { readonly size: number; readonly etag: string },
  backend: string,
): void {
  if (found.size === expected.size && found.etag === expected.etag) return;
  throw new BackendError(backend, "corrupt", {
    detail: `${found.size} bytes ${found.etag}, expected ${expected.size} bytes ${expected.etag}`,
  });
}
