import { clients } from "./list.ts";
import { runClient } from "./run-client.ts";
import { openStage } from "./stage.ts";

await using stage = await openStage();
const names = process.argv.slice(2);
for (const client of clients.filter(({ name }) => names.length === 0 || names.includes(name))) {
  console.log(`\n${client.name} ${await client.version()}`);
  for await (const outcome of runClient(client, stage)) {
    const { verdict, from = "", decisions, families, why = "" } = outcome;
    console.log(
      `  ${outcome.case.padEnd(20)} ${verdict.padEnd(12)} ${from.padEnd(8)} ${decisions.join(", ").padEnd(24)} ${families} ${why.slice(0, 700)}`,
    );
  }
}
