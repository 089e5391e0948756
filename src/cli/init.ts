/** `nearbucket init`: asks for stores, tries each, and writes a configuration that a gateway can be started with. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { examineCandidate } from "../admin/checks/examine.ts";
import { severity } from "../admin/checks/finding.ts";
import { readConfig } from "../config/load.ts";
import { reasonOf } from "../log.ts";
import { randomKey } from "../random-key.ts";
import { parseJson } from "./api-refusals.ts";
import { writePrivate } from "./credentials-file.ts";
import { doctorText } from "./doctor-text.ts";
import { configurationText, environmentFileText, secretsOf } from "./init-files.ts";
import { answers, askStore, complete, type Store } from "./init-stores.ts";
import { shellWord, type Terminal } from "./terminal.ts";

interface Options {
  readonly answers?: string;
  readonly output: string;
}

const ERROR = 2;

export function addInit(program: Command, terminal: Terminal): void {
  program
    .command("init")
    .description("ask for two or more stores, try each, and write a configuration for them")
    .option("--answers <file>", "JSON in place of questions: stores, and port")
    .option("--output <file>", "the configuration; what is secret goes into a file beside it", "nearbucket.yaml")
    .action(async (options: Options) => {
      const file = resolve(terminal.directory, options.output);
      const secrets = join(dirname(file), `${basename(file, extname(file))}.env`);
      for (const one of [file, secrets])
        if (existsSync(one)) throw new Error(`${one} is there already: move it away, or give another --output`);
      const { stores, port } = await (options.answers === undefined
        ? askAll(terminal, dirname(file))
        : readAnswers(resolve(terminal.directory, options.answers), terminal, dirname(file)));
      const own = secretsOf(stores, randomKey());
      const text = configurationText(stores, port, 2);
      checkWhole(text, dirname(file), own);
      await writePrivate(secrets, environmentFileText(own));
      await writePrivate(file, text);
      const [here, beside] = [file, secrets].map((path) => shellWord(fromHere(terminal.directory, path)));
      terminal.print(`\n${here} and ${beside}, which holds the secrets, are written. Next:\n`);
      terminal.print(`set -a; . ${beside}; set +a`);
      terminal.print(`${terminal.program.map(shellWord).join(" ")} serve --config ${here}`);
    });
}

interface Told {
  readonly stores: readonly Store[];
  readonly port: number;
}

async function readAnswers(file: string, terminal: Terminal, directory: string): Promise<Told> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(`cannot read the answers: ${reasonOf(cause)}`, { cause });
  });
  const document = parseJson(text);
  if (document === undefined) throw new Error(`${file} is not JSON`);
  const read = answers.safeParse(document);
  if (!read.success) {
    const faults = read.error.issues.map(
      ({ path, message }) => `  ${[...path].join(".") || "the answers"}: ${message}`,
    );
    throw new Error(`${file} has faults:\n${faults.join("\n")}`);
  }
  const stores: Store[] = [];
  for (const told of read.data.stores) {
    const store = complete(
      told,
      stores.map(({ name }) => name),
    );
    if (!(await isUsable(store, stores, terminal, directory)))
      throw new Error(`${store.name} cannot be used: nothing is written`);
    stores.push(store);
  }
  return { stores, port: read.data.port };
}

async function askAll(terminal: Terminal, directory: string): Promise<Told> {
  const { ask } = terminal;
  if (ask === undefined) throw new Error("there is no terminal to ask on: give --answers FILE");
  const stores: Store[] = [];
  for (;;) {
    const store = await askStore(
      ask,
      stores.map(({ name }) => name),
    );
    if (store !== undefined && (await isUsable(store, stores, terminal, directory).catch(printed(terminal))))
      stores.push(store);
    else if (store === undefined && stores.length >= 2) return { stores, port: 9000 };
    else terminal.print(store === undefined ? "Two stores are needed." : `${store.name} is left out. Once more:`);
  }
}

/** What was told before a slip of the keyboard is not asked for again. */
const printed =
  (terminal: Terminal) =>
  (failure: unknown): false => {
    terminal.print(reasonOf(failure) ?? String(failure));
    return false;
  };

/** Tries it as the doctor does, and prints what was found. Throws when it cannot stand beside those told `before`. */
async function isUsable(
  store: Store,
  before: readonly Store[],
  terminal: Terminal,
  directory: string,
): Promise<boolean> {
  const same = before.find((other) => isSameService(store, other));
  if (same !== undefined) throw new Error(`${store.name} is the same store as ${same.name}: it counts as one copy`);
  const all = [...before, store];
  const { backends } = checkWhole(configurationText(all, 0, 1), directory, secretsOf(all, randomKey()));
  const findings = (await Promise.all(backends.slice(-1).map((one) => examineCandidate(one, undefined)))).flat();
  terminal.print(doctorText(findings));
  return severity(findings) < ERROR;
}

function isSameService(one: Store, other: Store): boolean {
  if (!("endpoint" in one && "endpoint" in other)) return false;
  return new URL(one.endpoint).href === new URL(other.endpoint).href && one.bucket === other.bucket;
}

/** Throws one Error with every fault. */
function checkWhole(text: string, directory: string, env: Readonly<Record<string, string>>) {
  const checked = readConfig(text, directory, env);
  if ("config" in checked) return checked.config;
  throw new Error(checked.faults.map(({ path, message }) => `${path}: ${message}`).join("; "));
}

/** With a slash, without which a shell looks for it on PATH. */
function fromHere(here: string, path: string): string {
  const below = relative(here, path);
  return below.startsWith("..") ? path : `./${below}`;
}
