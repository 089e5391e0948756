// Two gateways over four stores behave as a map of names to bytes, whatever is lost, damaged, cut off or repeated, one
// store at a time. This runs below HTTP, on the blob store, the metadata and upkeep as the operations use them, with
// stores in memory and a clock that the steps move: over HTTP, days of upkeep and twenty thousand runs would take weeks.
// Shows I1, I2, I3, I4, I5, I6, I7, I12 of docs/durability.md.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePostgres, makeSqlite, postgresUrl, type TestDatabase } from "../support/engines.ts";
import { isLong, openChance } from "./chance.ts";
import { check } from "./model/invariants.ts";
import { checkEnd } from "./model/settle.ts";
import { type Step, steps } from "./model/steps.ts";
import { take } from "./model/take.ts";
import { type Base, openBase, openWorld } from "./model/world.ts";

const MINUTE_MS = 60_000;
const LIMIT_MS = (isLong ? 600 : 5) * MINUTE_MS;

/** How often each step was taken. */
type Taken = Map<string, number>;

async function run(base: Base, seed: number, sequence: readonly Step[], taken: Taken): Promise<void> {
  const world = await openWorld(base, seed);
  try {
    for (const step of sequence) {
      const done = await take(world, step);
      if (done === undefined) continue;
      taken.set(done, (taken.get(done) ?? 0) + 1);
      await check(world);
    }
    await checkEnd(world);
    await check(world);
    taken.set("object moved", (taken.get("object moved") ?? 0) + world.moved);
  } finally {
    await world.close();
  }
}

function suite(engine: string, make: () => Promise<TestDatabase>, runs: number): void {
  describe(`two gateways over four stores on ${engine}`, () => {
    let base: Base;
    beforeAll(async () => {
      base = await openBase(await make());
    });
    afterAll(async () => {
      for (const metadata of base.metadata) await metadata.close();
      await base.database.remove();
    });
    it("lose nothing and leave nothing, whatever happens to one store at a time", { timeout: LIMIT_MS }, async () => {
      const { seed } = openChance(`model on ${engine}`);
      const taken: Taken = new Map();
      const path = process.env["SOAK_PATH"];
      await fc.assert(
        fc.asyncProperty(fc.nat(), steps, (ownSeed, sequence) => run(base, ownSeed, sequence, taken)),
        // A failed sequence is made shorter as long as there is time.
        {
          seed,
          numRuns: runs,
          interruptAfterTimeLimit: LIMIT_MS - MINUTE_MS,
          markInterruptAsFailure: true,
          ...(path !== undefined && { path }),
        },
      );
      process.stderr.write(`model on ${engine}: ${runs} runs, ${JSON.stringify(Object.fromEntries(taken))}\n`);
      // What one run in a hundred does may be missing from a few runs.
      if (path === undefined) expect(taken.size).toBeGreaterThan(runs < 1000 ? 12 : 22);
    });
  });
}

const runsOf = (short: number) => Number(process.env["SOAK_RUNS"] ?? (isLong ? 20_000 : short));

suite("SQLite", makeSqlite, runsOf(15));
if (postgresUrl) suite("PostgreSQL", () => makePostgres(postgresUrl ?? ""), runsOf(15));
