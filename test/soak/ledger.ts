/**
 * What may stand under each key, as its only writer knows it. An acknowledged write leaves one possibility; one whose
 * outcome is unknown adds one; a read that sees one of them settles which it was. Anything else is a violation.
 */
import { createHash } from "node:crypto";

/** The sha256 of the content; undefined: no object. */
export type Standing = string | undefined;

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

export class Ledger {
  readonly violations: string[] = [];
  /** Of each write without an answer that a read has settled: was it done? */
  readonly settled: boolean[] = [];
  /** Writes whose acknowledgement was seen. */
  acknowledged = 0;
  readonly #may = new Map<string, Set<Standing>>();

  keys(): readonly string[] {
    return [...this.#may.keys()];
  }

  /** The one thing that can stand there; undefined: several can. */
  certain(key: string): { readonly standing: Standing } | undefined {
    const [standing, ...others] = this.#of(key);
    return others.length === 0 ? { standing } : undefined;
  }

  wrote(key: string, standing: Standing): void {
    this.acknowledged++;
    this.#may.set(key, new Set([standing]));
  }

  /** What may stand there stays in the order of the writes. */
  mayHaveWritten(key: string, standing: Standing): void {
    this.#may.set(key, this.#of(key).add(standing));
  }

  /** `when`: for the report. */
  saw(key: string, standing: Standing, when: string): void {
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
