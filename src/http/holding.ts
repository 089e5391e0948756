/**
 * What one request holds of the budget: all of it is given back when the operation has ended and its reply has gone out
 * or its client is gone, whichever comes last.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Budget } from "./budget.ts";
import type { Exchange, Pace } from "./pace.ts";

export interface Admission {
  readonly budget: Budget;
  readonly pace: Pace;
}

export class Holding {
  readonly #admission: Admission;
  readonly #exchange: Exchange | undefined;
  readonly #response: ServerResponse;
  readonly #client: string;
  #bytes = 0;
  #settled = false;

  /** `client`: its address. */
  constructor(admission: Admission, request: IncomingMessage, response: ServerResponse, client: string) {
    this.#admission = admission;
    this.#exchange = admission.pace.exchangeOf(request);
    this.#response = response;
    this.#client = client;
  }

  /**
   * Takes memory for a body; undefined when it is there at once. Rejects with SlowDown when none becomes free in time.
   * `signal` tells that the client has gone.
   */
  take(bytes: number, signal: () => AbortSignal): Promise<void> | undefined {
    const { budget } = this.#admission;
    const counted = Math.min(bytes, budget.largest);
    if (budget.tryTake(counted, this.#client)) return this.#note(counted);
    return budget.wait(counted, this.#client, signal()).then(() => this.#note(counted));
  }

  /** Who reads the request's body, to be told when that comes too slowly. */
  readBy(body: Readable): void {
    if (this.#exchange !== undefined) this.#exchange.body = body;
  }

  /** The operation has ended: what it took in is let go of. */
  settle(): void {
    this.#settled = true;
    this.#giveBack();
  }

  #note(bytes: number): undefined {
    if (this.#bytes === 0) this.#response.once("close", () => this.#giveBack());
    this.#bytes += bytes;
    if (this.#exchange !== undefined) this.#exchange.held += bytes;
    this.#giveBack();
  }

  #giveBack(): void {
    if (!this.#settled || !this.#response.closed || this.#bytes === 0) return;
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (this.#exchange !== undefined) this.#exchange.held -= bytes;
    this.#admission.budget.giveBack(bytes, this.#client);
  }
}
