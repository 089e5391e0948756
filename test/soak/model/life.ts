/**
 * Whether the process of a gateway lives, and what becomes of its next calls to stores and of its next commit: they reach
 * them, fail before or after their effect, or are the last that the process makes. Whatever a dead process had begun never comes back.
 */

import { S3Error } from "../../../src/errors.ts";

export interface Fault {
  /** Calls that go well first. */
  readonly after: number;
  readonly how:
    | "fails before its effect"
    | "fails after its effect"
    | "dies before its effect"
    | "dies after its effect"
    /** Of the database, when it has committed an object. */
    | "loses the answer to a commit";
}

export class Life {
  #fault: Fault | undefined;
  #goesWell = 0;
  #isDead = false;
  #isReleased = false;
  readonly #hung = new Set<(reason: Error) => void>();
  #tellDeath: () => void = () => undefined;
  /** Resolves when the process dies. */
  readonly death = new Promise<void>((resolve) => {
    this.#tellDeath = resolve;
  });

  get isDead(): boolean {
    return this.#isDead;
  }

  arm(fault: Fault | undefined): void {
    this.#fault = fault;
    this.#goesWell = fault?.after ?? 0;
  }

  die(): void {
    this.#isDead = true;
    this.#tellDeath();
  }

  /** Makes one call. `fail` makes the error of a store that cannot be reached. */
  async call<T>(work: () => Promise<T>, fail: () => Error): Promise<T> {
    if (this.#isDead) return this.#hang();
    const how = this.#fault?.how;
    const fault = how === "loses the answer to a commit" || this.#goesWell-- > 0 ? undefined : how;
    if (fault !== undefined) this.#fault = undefined;
    if (fault === "dies before its effect") this.die();
    if (this.#isDead) return this.#hang();
    if (fault === "fails before its effect") throw fail();
    const result = await work();
    if (fault === "dies after its effect") this.die();
    if (this.#isDead) return this.#hang();
    if (fault === "fails after its effect") throw fail();
    return result;
  }

  /** Writes an object to the database. */
  async commit<T>(work: () => Promise<T>): Promise<T> {
    const isUnanswered = this.#fault?.how === "loses the answer to a commit";
    if (isUnanswered) this.#fault = undefined;
    const result = await work();
    if (isUnanswered) throw new S3Error("ServiceUnavailable");
    return result;
  }

  /** Lets go of what hangs, when nobody looks at the database any more. */
  release(): void {
    this.#isReleased = true;
    for (const reject of this.#hung) reject(ended());
    this.#hung.clear();
  }

  #hang(): Promise<never> {
    if (this.#isReleased) return Promise.reject(ended());
    return new Promise((_, reject) => this.#hung.add(reject));
  }
}

const ended = () => new Error("the process has ended");
