/** A comparison: several sides do the same work by turns in one run, and the ratios between them have targets. */
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import type { Cpu } from "./processor-time.ts";
import type { Stage } from "./stage.ts";

export interface BenchOptions {
  /** Of one round on small objects. */
  readonly seconds: number;
  readonly rounds: number;
}

/** direct: MinIO itself. koa: a Koa that says hello. pipe: a node:http server that pipes from another one. */
export type Contestant = "gateway" | "direct" | "koa" | "pipe";

/** What one round gave. */
export interface Sample {
  /** In the comparison's unit. */
  readonly figure: number;
  /** Microseconds of processor that the contestant's own processes took: for one request, or for the round. */
  readonly cpu: Cpu;
}

export type Samples = Readonly<Partial<Record<Contestant, readonly Sample[]>>>;

/** Gateway / `against`, of the medians; without `against` the gateway's own. cpu: user and system together. */
export type Target = {
  readonly of: "figure" | "cpu";
  readonly against: Exclude<Contestant, "gateway"> | undefined;
} & ({ readonly atLeast: number } | { readonly atMost: number });

export interface Comparison {
  readonly name: string;
  readonly work: string;
  readonly unit: "per second" | "seconds" | "MiB";
  readonly targets: readonly Target[];
  /** Beside what every gateway of the bench is told. */
  readonly config?: Partial<GatewayConfigInput>;
  measure(stage: Stage, options: BenchOptions): Promise<Samples>;
}

/** All take turns, so that what else the machine does falls on all. */
export async function takeTurns<C extends Contestant>(
  rounds: number,
  contestants: Readonly<Record<C, (round: number) => Promise<Sample>>>,
): Promise<Readonly<Record<C, readonly Sample[]>>> {
  const names = Object.keys(contestants) as C[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<C, Sample[]>;
  for (let round = 0; round < rounds; round++)
    for (const name of names) samples[name].push(await contestants[name](round));
  return samples;
}

/** Of one contestant's rounds; NaN where there are none. */
export function medianOf(samples: readonly Sample[] | undefined, of: Target["of"]): number {
  const figures = (samples ?? []).map(({ figure, cpu }) => (of === "figure" ? figure : cpu.user + cpu.system));
  const sorted = figures.sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length === 0
    ? Number.NaN
    : ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}

export interface Verdict {
  readonly target: Target;
  readonly value: number;
  readonly met: boolean;
}

export function judge(target: Target, samples: Samples): Verdict {
  const own = medianOf(samples.gateway, target.of);
  const value = target.against === undefined ? own : own / medianOf(samples[target.against], target.of);
  return { target, value, met: "atLeast" in target ? value >= target.atLeast : value <= target.atMost };
}
