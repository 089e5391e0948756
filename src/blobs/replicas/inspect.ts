/**
 * A second look at a replica after a read that broke off or returned wrong bytes, in the background of that read. The
 * result is noted; nothing here rejects.
 */
import { asBackendError } from "../../backends/backend.ts";
import type { Fleet, FleetMember } from "../../backends/fleet.ts";
import type { Blob } from "../../model.ts";
import { readReplica } from "./copy-replica.ts";
import { readAgain } from "./read-again.ts";
import type { Replicas } from "./verify.ts";

export class Inspector {
  readonly #fleet: Fleet;
  readonly #replicas: Replicas;
  #isBusy = false;

  constructor(fleet: Fleet, replicas: Replicas) {
    this.#fleet = fleet;
    this.#replicas = replicas;
  }

  /** One of these backends returned wrong bytes, and it is not known which: reads each replica whole. */
  async whole(blob: Blob, backends: Iterable<string>): Promise<void> {
    for (const backend of backends) await this.#look(blob, backend, (member) => readReplica(blob, member));
  }

  /**
   * The backend broke off at this byte. One such look at a time, others are left out: a backend in trouble gets little
   * extra work, and two backends in trouble do not vouch for each other while both are suspected.
   */
  async from(blob: Blob, backend: string, byte: number): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await this.#look(blob, backend, (member) => readAgain(blob, member, byte));
    this.#isBusy = false;
  }

  async #look(blob: Blob, backend: string, read: (member: FleetMember) => Promise<unknown>): Promise<void> {
    const member = this.#fleet.get(backend);
    if (!member?.up) return;
    try {
      await read(member);
    } catch (error) {
      await this.#replicas.noteFailure(blob, asBackendError(error, backend));
    }
  }
}
