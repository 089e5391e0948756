/** The linearizability checker of linearizable/: built once, from its Go source. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import type { Call } from "./history.ts";

export interface Checker extends AsyncDisposable {
  /** "Unknown" when it could not tell in time. `picture`: a file to draw a history into that is not Ok. */
  judge(calls: readonly Call[], picture?: string): Promise<"Ok" | "Illegal" | "Unknown">;
}

/** Needs `go`. */
export async function buildChecker(): Promise<Checker> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-checker-"));
  const path = join(directory, "linearizable");
  await run(neededProgram("go"), ["build", "-o", path, "."], {
    cwd: join(import.meta.dirname, "linearizable"),
    env: { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
  });
  return {
    async judge(calls, picture) {
      const options = picture === undefined ? [] : ["-html", picture];
      const verdict = (await run(path, options, { input: JSON.stringify(calls) })).toString().trim();
      if (verdict !== "Ok" && verdict !== "Illegal" && verdict !== "Unknown") throw new Error(`no verdict: ${verdict}`);
      return verdict;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
