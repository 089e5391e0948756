/**
 * The replicas of a blob in the order they are to be tried, those on backends where reads fail last. The next one opens
 * where the last one failed, or beside one that takes long. A replica that was merely unavailable is tried twice.
 */
import {
  asBackendError,
  type BackendError,
  type BackendStat,
  type OpenedBlob,
  onlyBackendError,
} from "../../backends/backend.ts";
import type { Fleet, FleetMember } from "../../backends/fleet.ts";
import type { Blobs } from "../../metadata/blobs.ts";
import type { Blob, ByteRange, ReplicaState } from "../../model.ts";
import { mayStandIn } from "../../wanted.ts";
import type { Inspector } from "../replicas/inspect.ts";
import { objectCorrupt, tooFewBackends, unretryable } from "../replicas/placer.ts";
import { checkSame, isReadable, type Replicas } from "../replicas/verify.ts";
import { Attempt, type Look } from "./attempt.ts";
import type { Hedging } from "./hedging.ts";
import { race } from "./race.ts";

export interface ReplicaSourceOptions {
  readonly fleet: Fleet;
  readonly blobs: Blobs;
  readonly replicas: Replicas;
  readonly inspector: Inspector;
  readonly hedging: Hedging;
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
  /** Its signal is asked for only when a read takes long or fails. */
  readonly reader: { readonly signal: AbortSignal };
}

type Ask<Found> = (member: FleetMember, storageKey: string, ...how: Parameters<Look<Found>>) => Promise<Found>;

export class ReplicaSource {
  readonly #stores: ReplicaSourceOptions;
  readonly #order: readonly string[];
  readonly #isProven: boolean;
  readonly #reader: SourceOptions["reader"];
  readonly #tried = new Set<string>();
  #isSecondRound = false;
  readonly #failures: BackendError[] = [];
  #blob: Blob;

  constructor(stores: ReplicaSourceOptions, blob: Blob, options: SourceOptions) {
    this.#stores = stores;
    this.#order = options.order;
    this.#isProven = options.isProven;
    this.#reader = options.reader;
    this.#blob = blob;
  }

  /** As last read. Its storage key changes when it is stored anew during the read; the bytes are the same. */
  get blob(): Blob {
    return this.#blob;
  }

  /**
   * Opens the next replica that can be opened and says the right size and ETag. Throws ServiceUnavailable when none is
   * left, ObjectCorrupt when every replica is known to be bad, and the reason of the reader's signal when that aborts.
   */
  async openNext(range: ByteRange | undefined): Promise<OpenReplica> {
    const { member, found } = await this.#tryEach(({ backend }, storageKey, signal, mayGiveUp) =>
      backend.open(storageKey, range, signal, { mayGiveUp }),
    );
    return { member, opened: found };
  }

  /** As `openNext`, for `length` bytes at once. */
  async readNext(
    range: ByteRange | undefined,
    length: number,
  ): Promise<{ readonly member: FleetMember; readonly bytes: Buffer }> {
    const { member, found } = await this.#tryEach(
      ({ backend }, storageKey, signal, mayGiveUp) => backend.read(storageKey, length, range, signal, mayGiveUp),
      range?.first ?? 0,
    );
    return { member, bytes: found.bytes };
  }

  /** `first`: the first byte that `ask` asks for, where it asks for all bytes at once. */
  async #tryEach<Found extends BackendStat>(
    ask: Ask<Found>,
    first?: number,
  ): Promise<{ readonly member: FleetMember; readonly found: Found }> {
    const { hedging } = this.#stores;
    hedging.earn();
    const rules = {
      hedging,
      reader: this.#reader,
      second: this.#seconds((member) => this.#begin(member, ask)),
      failed: (error: unknown) => this.fail(onlyBackendError(error), first),
      lost: (attempt: Attempt<Found>) => this.#leave(attempt),
    };
    for (;;) {
      const member = this.#next("verified") ?? (await this.#nextAgain());
      if (member === undefined) throw this.#isLost() ? objectCorrupt(this.#failures) : tooFewBackends(this.#failures);
      const won = await race(this.#begin(member, ask), rules);
      if (won !== undefined) return { member: won.attempt.member, found: won.found };
      this.#reader.signal.throwIfAborted();
    }
  }

  #begin<Found extends BackendStat>(member: FleetMember, ask: Ask<Found>): Attempt<Found> {
    const { storageKey } = this.#blob;
    const { name } = member.backend;
    this.#tried.add(this.#keyOf(name));
    const look: Look<Found> = async (signal, mayGiveUp) => {
      const startedAt = performance.now();
      const found = await ask(member, storageKey, signal, mayGiveUp);
      this.#check(found, name);
      this.#stores.fleet.reportSuccess(name, performance.now() - startedAt);
      this.#stores.hedging.answered(name);
      return found;
    };
    return new Attempt(member, look, () => this.#closedNext() !== undefined);
  }

  /** Begins one more read where one may be begun; that none may is counted once. */
  #seconds<Found>(begin: (member: FleetMember) => Attempt<Found>): () => Attempt<Found> | undefined {
    const { hedging } = this.#stores;
    let isRefused = false;
    return () => {
      const member = this.#closedNext();
      if (member === undefined || hedging.isSilent(member.backend.name)) return undefined;
      if (hedging.spend()) return begin(member);
      if (!isRefused) hedging.count("refused");
      isRefused = true;
      return undefined;
    };
  }

  /** It has not failed, and is tried again when the winner fails. What it finds out about its replica is noted. */
  #leave<Found extends BackendStat>(attempt: Attempt<Found>): void {
    const { hedging, replicas } = this.#stores;
    const blob = this.#blob;
    this.#tried.delete(this.#keyOf(attempt.backend));
    hedging.overtook(attempt);
    void attempt.ended.then((end) => {
      if ("found" in end) closeBody(end.found);
      else if (attempt.isWitness) void replicas.noteFailure(blob, asBackendError(end.error, attempt.backend));
    });
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
      closeBody(found);
      throw error;
    }
  }

  /** Every replica is known to be missing or damaged, so that another try cannot help. */
  #isLost(): boolean {
    const gone = this.#failures.filter(
      ({ fault, isSuspicion }) => fault === "absent" || (fault === "corrupt" && !isSuspicion),
    );
    return this.#blob.replicas.every(
      (replica) => !isReadable(replica) || gone.some(({ backend }) => backend === replica.backend),
    );
  }

  /** On a backend where reads do not fail, and that is not silent, if there is one. */
  #next(state: ReplicaState): FleetMember | undefined {
    let silent: FleetMember | undefined;
    let failing: FleetMember | undefined;
    for (const name of [...this.#order, ...this.#blob.replicas.map(({ backend }) => backend)]) {
      const isThere = this.#blob.replicas.some(
        (replica) => replica.backend === name && (state === "verified" ? isReadable(replica) : replica.state === state),
      );
      const member = isThere && this.#canTry(name) ? this.#stores.fleet.get(name) : undefined;
      if (member === undefined) continue;
      if (member.reads.state !== "closed") failing ??= member;
      else if (this.#stores.hedging.isSilent(name)) silent ??= member;
      else return member;
    }
    return silent ?? failing;
  }

  /** The next one to try, if reads do not fail there. */
  #closedNext(): FleetMember | undefined {
    const member = this.#next("verified");
    return member?.reads.state === "closed" ? member : undefined;
  }

  #canTry(backend: string): boolean {
    return (
      !this.#tried.has(this.#keyOf(backend)) &&
      this.#stores.fleet.get(backend)?.up === true &&
      (this.#isInside(backend) || this.#isAllOutside())
    );
  }

  #isInside(backend: string): boolean {
    const region = this.#stores.fleet.get(backend)?.region.name;
    return region !== undefined && mayStandIn(region, this.#blob.wanted);
  }

  /** Only a configuration that changed makes that so, as of a region's name: the bytes are where they were. */
  #isAllOutside(): boolean {
    return !this.#blob.replicas.some((replica) => isReadable(replica) && this.#isInside(replica.backend));
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

function closeBody(found: BackendStat | OpenedBlob): void {
  if ("body" in found) found.body.destroy();
}
