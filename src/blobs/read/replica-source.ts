/**
 * The replicas of a blob in the order they are to be tried, those on backends where reads fail last. The next one opens
 * where the last one failed. A replica that was merely unavailable is tried twice.
 */
import { type BackendError, type BackendStat, type OpenedBlob, onlyBackendError } from "../../backends/backend.ts";
import type { Fleet, FleetMember } from "../../backends/fleet.ts";
import type { Blobs } from "../../metadata/blobs.ts";
import type { Blob, ByteRange, ReplicaState } from "../../model.ts";
import type { Inspector } from "../replicas/inspect.ts";
import { objectCorrupt, tooFewBackends, unretryable } from "../replicas/placer.ts";
import { checkSame, type Replicas } from "../replicas/verify.ts";

export interface ReplicaSourceOptions {
  readonly fleet: Fleet;
  readonly blobs: Blobs;
  readonly replicas: Replicas;
  readonly inspector: Inspector;
}

/** An open replica: its bytes from the start of the range on. */
export interface OpenReplica {
  readonly member: FleetMember;
  readonly opened: OpenedBlob;
}

export interface SourceOptions {
  /** Backend names; replicas it does not name are tried last. */
  readonly order: readonly string[];
  /** The caller holds all bytes against the blob: then a lost replica is tried when no other is left. */
  readonly isProven: boolean;
  readonly signal?: AbortSignal;
}

export class ReplicaSource {
  readonly #stores: ReplicaSourceOptions;
  readonly #order: readonly string[];
  readonly #isProven: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #tried = new Set<string>();
  #isSecondRound = false;
  readonly #failures: BackendError[] = [];
  #blob: Blob;

  constructor(stores: ReplicaSourceOptions, blob: Blob, options: SourceOptions) {
    this.#stores = stores;
    this.#order = options.order;
    this.#isProven = options.isProven;
    this.#signal = options.signal;
    this.#blob = blob;
  }

  /** As last read. Its storage key changes when it is stored anew during the read; the bytes are the same. */
  get blob(): Blob {
    return this.#blob;
  }

  /**
   * Opens the next replica that can be opened and says the right size and ETag. Throws ServiceUnavailable when none is
   * left, ObjectCorrupt when every replica is known to be bad.
   */
  async openNext(range: ByteRange | undefined): Promise<OpenReplica> {
    const { member, found } = await this.#tryEach(({ backend }, storageKey) =>
      backend.open(storageKey, range, this.#signal, { mayGiveUp: () => this.#isReplaceable(backend.name) }),
    );
    return { member, opened: found };
  }

  /** As `openNext`, for `length` bytes at once. */
  async readNext(
    range: ByteRange | undefined,
    length: number,
  ): Promise<{ readonly member: FleetMember; readonly bytes: Buffer }> {
    const { member, found } = await this.#tryEach(
      ({ backend }, storageKey) => backend.read(storageKey, length, range, () => this.#isReplaceable(backend.name)),
      range?.first ?? 0,
    );
    return { member, bytes: found.bytes };
  }

  async #tryEach<Found extends BackendStat>(
    look: (member: FleetMember, storageKey: string) => Promise<Found>,
    first?: number,
  ): Promise<{ readonly member: FleetMember; readonly found: Found }> {
    for (;;) {
      this.#signal?.throwIfAborted();
      const member = this.#next("verified") ?? (await this.#nextAgain());
      if (member === undefined) throw this.#isLost() ? objectCorrupt(this.#failures) : tooFewBackends(this.#failures);
      this.#tried.add(this.#keyOf(member.backend.name));
      const startedAt = performance.now();
      try {
        const found = await look(member, this.#blob.storageKey);
        this.#check(found, member.backend.name);
        this.#stores.fleet.reportSuccess(member.backend.name, performance.now() - startedAt);
        return { member, found };
      } catch (error) {
        this.#signal?.throwIfAborted();
        await this.fail(onlyBackendError(error), first);
      }
    }
  }

  /** Notes why a replica cannot be used. `byte`: where its body broke off; whether it is damaged there is looked up. */
  async fail(failure: BackendError, byte?: number): Promise<void> {
    this.#failures.push(failure);
    const { replicas, inspector } = this.#stores;
    await replicas.noteFailure(this.#blob, failure);
    if (byte !== undefined && failure.fault === "unavailable") void inspector.from(this.#blob, failure.backend, byte);
  }

  /** One of these backends returned wrong bytes: finds out which in the background. */
  inspect(backends: Iterable<string>): void {
    void this.#stores.inspector.whole(this.#blob, backends);
  }

  #check(found: BackendStat | OpenedBlob, backend: string): void {
    try {
      checkSame(this.#blob, found, backend);
    } catch (error) {
      if ("body" in found) found.body.destroy();
      throw error;
    }
  }

  /** Every replica is known to be missing or damaged, so that another try cannot help. */
  #isLost(): boolean {
    const gone = this.#failures.filter(
      ({ fault, isSuspicion }) => fault === "absent" || (fault === "corrupt" && !isSuspicion),
    );
    return this.#blob.replicas.every(
      (replica) => replica.state !== "verified" || gone.some(({ backend }) => backend === replica.backend),
    );
  }

  #next(state: ReplicaState): FleetMember | undefined {
    let failing: FleetMember | undefined;
    for (const name of [...this.#order, ...this.#blob.replicas.map(({ backend }) => backend)]) {
      const isThere = this.#blob.replicas.some((replica) => replica.backend === name && replica.state === state);
      const member = isThere && this.#canTry(name) ? this.#stores.fleet.get(name) : undefined;
      if (member?.reads.state === "closed") return member;
      failing ??= member;
    }
    return failing;
  }

  /** Do reads fail there, and not on another backend that has not been tried? */
  #isReplaceable(backend: string): boolean {
    const { fleet } = this.#stores;
    return fleet.get(backend)?.reads.state !== "closed" && this.#next("verified")?.reads.state === "closed";
  }

  #canTry(backend: string): boolean {
    return !this.#tried.has(this.#keyOf(backend)) && this.#stores.fleet.get(backend)?.up === true;
  }

  /** The caller's blob may be older than a repair: replicas made since then count too. */
  async #nextAgain(): Promise<FleetMember | undefined> {
    const current = await this.#stores.blobs.find(this.#blob.id);
    if (current !== undefined && current.size === this.#blob.size) this.#blob = current;
    const fresh = this.#next("verified");
    if (fresh !== undefined) return fresh;
    if (!this.#isSecondRound) {
      this.#isSecondRound = true;
      const gone = unretryable(this.#failures);
      for (const { backend } of this.#failures) if (!gone.has(backend)) this.#tried.delete(this.#keyOf(backend));
    }
    return this.#next("verified") ?? (this.#isProven ? this.#next("lost") : undefined);
  }

  #keyOf(backend: string): string {
    return `${this.#blob.storageKey} ${backend}`;
  }
}
