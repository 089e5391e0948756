/**
 * Keeps reserved storage keys at hand, so that no write waits for one. This process is a writer with a lease. It hands
 * keys out only while the lease holds, because the keys of a writer whose lease is over are swept as leftovers.
 */
import type { Log } from "../../log.ts";
import type { KeyReservations } from "../../metadata/key-reservations.ts";

export interface KeyPoolOptions {
  readonly reservations: KeyReservations;
  readonly leaseMs: number;
  readonly now: () => Date;
  readonly log: Log;
}

const BATCH = 64;

/** Registers the writer. Throws when the database cannot. */
export async function openKeyPool(options: KeyPoolOptions): Promise<ReservedKeyPool> {
  const pool = new ReservedKeyPool(options);
  await pool.renew();
  return pool;
}

export class ReservedKeyPool {
  readonly #reservations: KeyReservations;
  readonly #leaseMs: number;
  readonly #now: () => Date;
  readonly #log: Log;
  readonly #heartbeat: NodeJS.Timeout;
  #writer: string | undefined;
  #leaseUntil = 0;
  #ready: string[] = [];
  #refill: Promise<void> | undefined;
  #renewal: Promise<void> | undefined;
  /** Names whose discard failed: tried again with every heartbeat. */
  readonly #undiscarded = new Set<string>();

  constructor(options: KeyPoolOptions) {
    this.#reservations = options.reservations;
    this.#leaseMs = options.leaseMs;
    this.#now = options.now;
    this.#log = options.log;
    this.#heartbeat = setInterval(() => void this.#beat(), options.leaseMs / 3);
    this.#heartbeat.unref();
  }

  /** A name nothing was ever written under. */
  async take(): Promise<string> {
    if (this.#now().getTime() >= this.#leaseUntil) await this.renew();
    let name = this.#ready.pop();
    while (name === undefined) {
      await this.#fill();
      name = this.#ready.pop();
    }
    if (this.#ready.length < BATCH / 2)
      this.#fill().catch((error: unknown) => this.#log.warn({ err: error }, "could not reserve names ahead of need"));
    return name;
  }

  /** Takes back a name that was taken and never written under. */
  giveBack(name: string): void {
    this.#ready.push(name);
  }

  /**
   * Makes what was written under a name go away. Does not throw: what the database refuses now is tried again with the
   * heartbeat.
   */
  async discard(name: string): Promise<void> {
    try {
      await this.#reservations.discard(name);
      this.#undiscarded.delete(name);
    } catch (error) {
      this.#undiscarded.add(name);
      this.#log.warn({ err: error, name }, "could not discard a name yet");
    }
  }

  /** Extends the lease. When it is over already, a new writer begins; the sweep takes the keys of the old one. */
  async renew(): Promise<void> {
    this.#renewal ??= this.#extend().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  /** Releases what is unused and ends the writer. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await Promise.allSettled([this.#refill, this.#renewal]);
    if (this.#writer === undefined) return;
    for (const name of this.#undiscarded) await this.#reservations.discard(name);
    await this.#reservations.release(this.#ready);
    await this.#reservations.closeWriter(this.#writer);
    this.#ready = [];
  }

  async #extend(): Promise<void> {
    const from = this.#now().getTime();
    if (this.#writer === undefined || from >= this.#leaseUntil) {
      this.#ready = [];
      this.#writer = await this.#reservations.openWriter(this.#leaseMs);
    } else await this.#reservations.renewWriter(this.#writer, this.#leaseMs);
    this.#leaseUntil = from + this.#leaseMs;
  }

  #fill(): Promise<void> {
    this.#refill ??= this.#reserve().finally(() => {
      this.#refill = undefined;
    });
    return this.#refill;
  }

  async #reserve(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) throw new Error("no writer is registered");
    const reserved = await this.#reservations.reserve(writer, BATCH);
    if (writer === this.#writer) this.#ready.push(...reserved);
  }

  async #beat(): Promise<void> {
    try {
      await this.renew();
      for (const name of [...this.#undiscarded]) await this.discard(name);
    } catch (error) {
      this.#log.warn({ err: error }, "could not renew the writer's lease");
    }
  }
}
