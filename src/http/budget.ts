/**
 * The memory that bodies hold, all requests together: taken before a body is asked for, given back when nothing holds
 * it any more. Nobody may take more than an eighth of what is free, so a small body finds room where large ones wait.
 */
import { S3Error } from "../errors.ts";

interface Waiter {
  readonly bytes: number;
  readonly client: string;
  readonly goOn: () => void;
}

export interface BudgetOptions {
  readonly bytes: number;
  /** How long a body waits for room before it is refused. Default 2,000. */
  readonly waitMs?: number;
}

const SHARE = 8;

export class Budget {
  readonly #bytes: number;
  readonly #waitMs: number;
  readonly #heldBy = new Map<string, number>();
  readonly #waiting: Waiter[] = [];
  #used = 0;
  #refused = 0;

  constructor({ bytes, waitMs = 2_000 }: BudgetOptions) {
    this.#bytes = bytes;
    this.#waitMs = waitMs;
  }

  get used(): number {
    return this.#used;
  }

  /** Bodies that wait now. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Bodies that waited in vain, since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** The most that one body is counted with: what an empty budget gives. */
  get largest(): number {
    return this.#bytes / SHARE;
  }

  /** Bytes to be given back before all who wait can go on, or enough of them to free half of the budget. */
  get shortage(): number {
    if (this.#waiting.length === 0) return 0;
    const sum = this.#waiting.reduce((bytes, waiter) => bytes + waiter.bytes, 0);
    const largest = this.#waiting.reduce((bytes, waiter) => Math.max(bytes, waiter.bytes), this.#bytes / 2 / SHARE);
    return SHARE * Math.min(sum, largest) - (this.#bytes - this.#used);
  }

  /** `client`: its address. False: there is no room now. */
  tryTake(bytes: number, client: string): boolean {
    if (bytes * SHARE > this.#bytes - this.#used) return false;
    this.#used += bytes;
    this.#heldBy.set(client, (this.#heldBy.get(client) ?? 0) + bytes);
    return true;
  }

  /**
   * Resolves when the bytes are taken. Rejects with SlowDown after a while, and when `signal` (the client left) aborts.
   */
  wait(bytes: number, client: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", leave);
      };
      const waiter = {
        bytes,
        client,
        goOn() {
          stop();
          resolve();
        },
      };
      const leave = () => {
        stop();
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new S3Error("SlowDown", { headers: { "Retry-After": "2" } }));
      };
      const refuse = () => {
        this.#refused++;
        leave();
      };
      const timer = setTimeout(refuse, this.#waitMs);
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
      if (signal.aborted) leave();
    });
  }

  giveBack(bytes: number, client: string): void {
    this.#used -= bytes;
    const left = (this.#heldBy.get(client) ?? 0) - bytes;
    if (left > 0) this.#heldBy.set(client, left);
    else this.#heldBy.delete(client);
    for (let next = this.#next(); next >= 0; next = this.#next()) {
      const [waiter] = this.#waiting.splice(next, 1);
      if (waiter === undefined || !this.tryTake(waiter.bytes, waiter.client)) return;
      waiter.goOn();
    }
  }

  /**
   * Whose turn it is among those that fit: the client that holds least, and of its bodies the newest, whose sender is
   * the likeliest to be there still. -1: nobody's.
   */
  #next(): number {
    const fits = (this.#bytes - this.#used) / SHARE;
    let found = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const { bytes, client } = this.#waiting[at] as Waiter;
      if (bytes > fits) continue;
      const held = this.#heldBy.get(client) ?? 0;
      if (held >= least) continue;
      found = at;
      least = held;
    }
    return found;
  }
}
