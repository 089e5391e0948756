/**
 * `npm run clients [-- NAME ...]`: installs the clients, puts each through all cases, and writes docs/client-matrix.md.
 * What each client did is kept beside what was installed, so that a run of a few renews their rows only. Exits with 1
 * when a case failed that is not the client's own.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "./client.ts";
import { documentOf, type Record } from "./document.ts";
import { CACHE, installClients } from "./install.ts";
import { clients } from "./list.ts";
import { isRefusal, type Outcome, runClient, settle } from "./run-client.ts";
import { openStage, type Stage } from "./stage.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/client-matrix.md");
const RESULTS = join(CACHE, "results");

async function record(client: Client, stage: Stage): Promise<Record> {
  const version = await client.version();
  console.log(`\n${client.name} ${version}`);
  const outcomes: Outcome[] = [];
  for await (const became of runClient(client, stage)) {
    const outcome = await settle(client, stage, became);
    if (outcome.verdict === "failed" && !isRefusal(outcome)) process.exitCode = 1;
    outcomes.push(outcome);
    const cells = [outcome.case.padEnd(18), outcome.verdict.padEnd(11), outcome.from ?? "", ...outcome.decisions];
    console.log(" ", ...cells, outcome.why ?? "");
  }
  return { version, date: new Date().toISOString().slice(0, 10), outcomes };
}

const fileOf = ({ name }: Client): string => join(RESULTS, `${name.replaceAll(/\W+/g, "-")}.json`);

async function remembered(): Promise<Map<string, Record>> {
  const records = new Map<string, Record>();
  for (const client of clients) {
    const text = await readFile(fileOf(client), "utf8").catch(() => undefined);
    if (text !== undefined) records.set(client.name, JSON.parse(text) as Record);
  }
  return records;
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !clients.some((client) => client.name === name));
if (unknown.length > 0)
  throw new Error(`no client ${unknown.join(", ")}: ${clients.map(({ name }) => name).join(", ")}`);
installClients();
await mkdir(RESULTS, { recursive: true });
{
  await using stage = await openStage();
  for (const client of clients.filter(({ name }) => names.length === 0 || names.includes(name)))
    try {
      await writeFile(fileOf(client), JSON.stringify(await record(client, stage), undefined, 1));
    } catch (error) {
      process.exitCode = 1;
      console.error(`${client.name} cannot be run:`, error);
    }
}
await writeFile(DOCUMENT, documentOf(clients, await remembered()));
