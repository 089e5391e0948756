/** A comparison: the same work done directly and through the gateway, by turns in one run, and what came of it. */
import type { Stage } from "./stage.ts";

export interface BenchOptions {
  /** Of one round on small objects. */
  readonly seconds: number;
  readonly rounds: number;
}

export interface Comparison {
  readonly name: string;
  readonly work: string;
  readonly unit: "per second" | "seconds" | "MiB";
  /** What gateway / direct must be; for memory, what the gateway's figure must be. */
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
  /** Figures by round; `direct` stays empty where there is nothing to compare with. */
  measure(stage: Stage, options: BenchOptions): Promise<Figures>;
}

export interface Figures {
  readonly direct: readonly number[];
  readonly gateway: readonly number[];
}

/** Direct and gateway take turns, so that what else the machine does falls on both. */
export async function takeTurns(
  rounds: number,
  direct: (round: number) => Promise<number>,
  gateway: (round: number) => Promise<number>,
): Promise<Figures> {
  const figures = { direct: [] as number[], gateway: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    figures.direct.push(await direct(round));
    figures.gateway.push(await gateway(round));
  }
  return figures;
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length === 0
    ? Number.NaN
    : ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}
