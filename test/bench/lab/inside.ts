/**
 * `inside PREFIX DIRECTORY OPTIONS`: the lab, run by main.ts in the hub of its namespaces. Prints what it found, and
 * writes it into docs/ after a whole run. Exits with 1 when the relay is further from theory than a lab may be.
 */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openClients } from "./clients.ts";
import { type Check, checkRelay, measureAll, writeObjects } from "./experiment.ts";
import { isWhole, type LabOptions, roundsOf } from "./options.ts";
import { pictureOf } from "./picture.ts";
import type { Result } from "./reads.ts";
import { startNodes } from "./servers.ts";
import { errorOf, isTrue, textOf, withText } from "./table.ts";

const DOCS = fileURLToPath(new URL("../../../docs/", import.meta.url));

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop.abort());
const [prefix = "", directory = "", words = ""] = process.argv.slice(2);
const options = JSON.parse(words) as LabOptions;
const found = await Promise.race([perform(), once(stop.signal, "abort")]);
if ("checks" in found) await report(found.checks, found.results);
process.exitCode = "checks" in found && found.checks.every(isTrue) ? 0 : 1;
// After a stop, what still runs ends with its namespace.
process.exit();

async function perform(): Promise<{ checks: readonly Check[]; results: readonly Result[] }> {
  const place = { prefix, directory };
  say("the nodes start ...");
  await using _ = await startNodes(place);
  using clients = await openClients(prefix);
  say("the relay against theory ...");
  const checks = await checkRelay(clients, options);
  const worst = Math.max(...checks.map(errorOf));
  say(`the relay is at most ${(100 * worst).toFixed(1)} % from theory`);
  say("the objects are written ...");
  await writeObjects(place, options.sizes);
  const results = await measureAll(place, clients, options, say);
  return { checks, results };
}

async function report(checks: readonly Check[], results: readonly Result[]): Promise<void> {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`;
  const date = new Date().toISOString().slice(0, 10);
  const rounds = options.sizes.map((bytes) => ({ bytes, rounds: roundsOf(options, bytes) }));
  const text = textOf({ checks, results, rounds, clientMbit: options.clientMbit, date, machine });
  process.stdout.write(text);
  if (!isWhole(options)) return;
  const page = join(DOCS, "lab.md");
  await writeFile(page, withText(await readFile(page, "utf8"), text));
  await writeFile(join(DOCS, "pictures/lab.svg"), pictureOf(results, `${date}, ${options.clientMbit} Mbit/s`));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
