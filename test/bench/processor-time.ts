/** Processor time of processes, which Linux counts in hundredths of a second. NaN on other systems. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Microseconds. */
export interface Cpu {
  readonly user: number;
  readonly system: number;
}

const TICK_MICROSECONDS = 10_000;

/** Since their start, of all of them together. */
async function processorTime(pids: readonly number[]): Promise<Cpu> {
  const total = { user: 0, system: 0 };
  for (const pid of pids) {
    if (!existsSync(`/proc/${pid}/stat`)) return { user: Number.NaN, system: Number.NaN };
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The program's name stands in parentheses and may hold blanks; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    total.user += Number(fields[11]) * TICK_MICROSECONDS;
    total.system += Number(fields[12]) * TICK_MICROSECONDS;
  }
  return total;
}

/** What the processes spend while `work` runs, divided by the number it resolves with. */
export async function processorTimeOf<T extends { readonly requests: number }>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<T & { readonly cpu: Cpu }> {
  const before = await processorTime(pids);
  const done = await work();
  const after = await processorTime(pids);
  const cpu = {
    user: (after.user - before.user) / done.requests,
    system: (after.system - before.system) / done.requests,
  };
  return { ...done, cpu };
}
