import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { cases } from "./cases.ts";
import { clients } from "./list.ts";
import { runClient } from "./run-client.ts";
import { openStage } from "./stage.ts";

const { values, positionals } = parseArgs({ options: { case: { type: "string", multiple: true }, out: { type: "string" } }, allowPositionals: true });
const wanted = cases.filter(({ name }) => values.case === undefined || values.case.includes(name));
const results: unknown[] = [];
await using stage = await openStage();
for (const client of clients.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  try {
    const began = Date.now();
    const version = await client.version();
    console.log(`\n${client.name} ${version}`);
    for await (const outcome of runClient(client, stage, wanted)) {
      results.push({ client: client.name, version, family: client.family, ...outcome });
      const { verdict, from = "", decisions, families, why = "" } = outcome;
      console.log(
        `  ${outcome.case.padEnd(18)} ${verdict.padEnd(11)} ${from.padEnd(8)} ${decisions.join(", ").padEnd(22)} ${families} ${why.slice(0, 300)}`,
      );
    }
    console.log(`  ${Math.round((Date.now() - began) / 1000)} s`);
  } catch (error) {
    console.log(client.name, "cannot be run:", (error as Error).message.slice(0, 500));
  }
  if (values.out !== undefined) await writeFile(values.out, JSON.stringify(results, undefined, 1));
}
