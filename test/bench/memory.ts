/** Peak resident memory of a process, as Linux reports it. NaN on other systems. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";

/** Starts the peak anew at what is resident now. */
export async function forgetPeak(pid: number): Promise<void> {
  if (existsSync(`/proc/${pid}/clear_refs`)) await writeFile(`/proc/${pid}/clear_refs`, "5");
}

export async function peakMiB(pid: number): Promise<number> {
  if (!existsSync(`/proc/${pid}/status`)) return Number.NaN;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
