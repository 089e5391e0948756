/**
 * The states that each key may be in, as its only writer knows them. An acknowledged write leaves one possible state; a
 * write with an unknown outcome adds one. A read must see one of the possible states, and leaves that one only.
 * Everything else is a violation.
 */
import { createHash } from "node:crypto";

/** The sha256 of the object's content; undefined if there is no object. */
export type Standing = string | undefined;

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

export class Ledger {
  readonly violations: string[] = [];
  /** For each write without an answer that a read has settled: whether the write was done. */
  readonly settled: boolean[] = [];
  /** How many writes were acknowledged. */
  acknowledged = 0;
  /** How many reads were checked. */
  checked = 0;
  readonly #may = new Map<string, Set<Standing>>();

  keys(): readonly string[] {
    return [...this.#may.keys()];
  }

  get summary(): string {
    return `${this.acknowledged} writes, ${this.checked} reads, ${this.violations.length} wrong answers`;
  }

  /** The state of the key; undefined if several are possible. */
  certain(key: string): { readonly standing: Standing } | undefined {
    const [standing, ...others] = this.#of(key);
    return others.length === 0 ? { standing } : undefined;
  }

  wrote(key: string, standing: Standing): void {
    this.acknowledged++;
    this.#may.set(key, new Set([standing]));
  }

  /** The possible states stay in the order of the writes. */
  mayHaveWritten(key: string, standing: Standing): void {
    this.#may.set(key, this.#of(key).add(standing));
  }

  /** `when`: for the report. */
  saw(key: string, standing: Standing, when: string): void {
    this.checked++;
    const may = this.#of(key);
    if (!may.has(standing))
      this.violate(`${when}: ${key} is ${show(standing)}, not ${[...may].map(show).join(" or ")}`);
    else if (may.size > 1) this.settled.push([...may][0] !== standing);
    this.#may.set(key, new Set([standing]));
  }

  violate(what: string): void {
    this.violations.push(what);
  }

  #of(key: string): Set<Standing> {
    return new Set(this.#may.get(key) ?? [undefined]);
  }
}

function show(standing: Standing): string {
  return standing === undefined ? "absent" : standing.slice(0, 12);
}
