/** Rules of Prometheus as its own code reads and runs them. Needs the program `rules-check`. */
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import type { Series } from "./alert-cases.ts";

export interface RuleCase {
  readonly series: Series;
  /** When it is looked at, from the first value on; rules are evaluated once a minute. */
  readonly minutes: number;
}

export interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** How many rules a file has. Rejects with every fault that Prometheus finds in it. */
export async function countRules(file: string): Promise<number> {
  const said = await run(neededProgram("rules-check"), ["check", file]);
  return Number(/^(\d+) rules$/m.exec(said.toString())?.[1]);
}

/** What fires in each case, in the order of the rules. Rejects when a case or a text of what fires is faulty. */
export async function firing(file: string, cases: readonly RuleCase[]): Promise<readonly (readonly Firing[])[]> {
  const said = await run(neededProgram("rules-check"), ["fire", file], { input: JSON.stringify(cases) });
  return JSON.parse(said.toString()) as readonly (readonly Firing[])[];
}
