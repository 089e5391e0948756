/**
 * Chance with a seed: SOAK_SEED repeats the choices of a run (not its timing). SOAK=long asks for the long form of
 * every proof.
 */
import { randomInt } from "node:crypto";

export interface Chance {
  readonly seed: number;
  /** 0 to below 1. */
  next(): number;
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  pick<T>(choices: readonly T[]): T;
}

export const isLong = process.env["SOAK"] === "long";

/** The seed of this run; it stands on standard error, so that a failure can be repeated. */
export function openChance(title: string): Chance {
  const seed = Number(process.env["SOAK_SEED"] ?? randomInt(2 ** 32));
  process.stderr.write(`${title}: SOAK_SEED=${seed}\n`);
  return chanceOf(seed);
}

/** Mulberry32. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    seed,
    next,
    below,
    pick<T>(choices: readonly T[]): T {
      const chosen = choices[below(choices.length)];
      if (chosen === undefined) throw new Error("nothing to pick from");
      return chosen;
    },
  };
}
