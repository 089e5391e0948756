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
  readonly #busy = new Set<string>();

  constructor(fleet: Fleet, replicas: Replicas) {
    this.#fleet = fleet;
    this.#replicas = replicas;
  }

  /** One of these backends returned wrong bytes, and it is not known which: reads each replica whole. */
  async whole(blob: Blob, backends: Iterable<string>): Promise<void> {
    for (const backend of backends) await this.#look(blob, backend, (member) => readReplica(blob, member));
  }

  /** The backend broke off at this byte. One such look at a time per backend: one in trouble gets little extra work. */
  async from(blob: Blob, backend: string, byte: number): Promise<void> {
    if (this.#busy.has(backend)) return;
    this.#busy.add(backend);
    await this.#look(blob, backend, (member) => readAgain(blob, member, byte));
    this.#busy.delete(backend);
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
