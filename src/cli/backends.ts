/**
 * `nearbucket backends`: which stores a gateway has, whether each is in place, and what to do with one that is lost or
 * no longer wanted. Works beside running gateways, which follow within seconds.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { backendText, conditionText, redirectsText } from "./backend-text.ts";
import { columns } from "./columns.ts";
import { drain } from "./drain.ts";
import { count, size } from "./layout.ts";
import { addOrphans } from "./orphans.ts";
import { openProgress } from "./progress.ts";
import { type ReachOptions, reach, withReach } from "./reach.ts";
import type { BackendCheck, BackendDescription, BackendsGroup } from "./reached.ts";
import type { Terminal } from "./terminal.ts";

interface JsonOption {
  readonly json?: true;
}

interface DrainWords {
  readonly wait?: boolean;
  readonly json?: boolean;
}

export function addBackends(program: Command, terminal: Terminal): void {
  const backends = program.command("backends").description("the stores of a gateway");
  addList(backends, terminal);
  addShow(backends, terminal);
  addCheck(backends, terminal);
  addAttach(backends, terminal);
  addDrain(backends, terminal);
  addChange(backends, terminal, {
    name: "resume",
    description: "use a backend again that is draining or was removed",
    change: (all, name) => all.resume(name),
    done: (name) => `${name} is in use again`,
  });
  addChange(backends, terminal, {
    name: "remove",
    description: "never ask a drained or lost backend again; refused while anything stands only there",
    change: (all, name) => all.remove(name),
    done: (name) => `${name} is removed: where the configuration names it, take it out there`,
  });
  addReplace(backends, terminal);
  addOrphans(backends, terminal);
}

function addList(backends: Command, terminal: Terminal): void {
  withReach(backends.command("list").description("list the backends, what gateways say of them and what they hold"))
    .option("--gateway <url>", "where the gateway answers operators; by default as the configuration says")
    .option("--json", "as one JSON document")
    .action((options: ReachOptions & JsonOption & { readonly gateway?: string }) =>
      reach(options, terminal, async ({ backends: all }) => {
        const described = await all.list();
        terminal.print(options.json === true ? toJson(described) : listTable(described, new Date()));
      }),
    );
}

function addShow(backends: Command, terminal: Terminal): void {
  withReach(backends.command("show").description("all that is known of one backend, and of the redirects to it"))
    .argument("<name>")
    .option("--gateway <url>", "where the gateway answers operators; by default as the configuration says")
    .option("--json", "as one JSON document")
    .action((name: string, options: ReachOptions & JsonOption & { readonly gateway?: string }) =>
      reach(options, terminal, async ({ backends: all }) => {
        const backend = (await all.list()).find((one) => one.name === name);
        if (backend === undefined) throw new Error(`there is no backend ${name}`);
        const text = options.json === true ? JSON.stringify(backend, undefined, 2) : backendText(backend, new Date());
        terminal.print(text);
      }),
    );
}

function addCheck(backends: Command, terminal: Terminal): void {
  withReach(backends.command("check").description("look at the backends now; fails when one is not in place"))
    .argument("[name]", "only this one")
    .option("--json", "as one JSON document")
    .action((name: string | undefined, options: ReachOptions & JsonOption) =>
      reach(options, terminal, async ({ backends: all }) => {
        const checks = await all.check(name);
        terminal.print(options.json === true ? toJson(checks) : checkTable(checks));
        const bad = checks.filter(({ condition, writable }) => condition !== "in place" || !writable);
        if (bad.length > 0) throw new Error(`not as it should be: ${bad.map((one) => one.name).join(", ")}`);
      }),
    );
}

function addAttach(backends: Command, terminal: Terminal): void {
  withReach(backends.command("attach").description("use a backend that is not in the configuration file"))
    .argument("<name>")
    .requiredOption("--from <file>", "YAML with the keys it would have there; -: standard input")
    .action((name: string, { from, ...where }: ReachOptions & { readonly from: string }) =>
      reach(where, terminal, async ({ backends: all }) => {
        const file = resolve(terminal.directory, from);
        const text = from === "-" ? await terminal.readInput() : await readFile(file, "utf8");
        const directory = from === "-" ? terminal.directory : dirname(file);
        await all.attach(name, text, directory);
        terminal.print(`${name} is attached: gateways use it within seconds`);
      }),
    );
}

function addChange(
  backends: Command,
  terminal: Terminal,
  command: {
    readonly name: string;
    readonly description: string;
    readonly change: (all: BackendsGroup, name: string) => Promise<void>;
    readonly done: (name: string) => string;
  },
): void {
  withReach(backends.command(command.name).description(command.description).argument("<name>")).action(
    (name: string, options: ReachOptions) =>
      reach(options, terminal, async ({ backends: all }) => {
        await command.change(all, name);
        terminal.print(command.done(name));
      }),
  );
}

function addDrain(backends: Command, terminal: Terminal): void {
  withReach(backends.command("drain").description("give a backend nothing new, and have its blobs copied elsewhere"))
    .argument("<name>")
    .option("--wait", "until it can be removed, saying what is left and how fast it goes")
    .option("--json", "as JSON documents, one a line")
    .action((name: string, { wait = false, json = false, ...where }: ReachOptions & DrainWords) =>
      reach(where, terminal, ({ backends: all }) => drain(all, name, terminal, { wait, json, now: () => new Date() })),
    );
}

function addReplace(backends: Command, terminal: Terminal): void {
  withReach(
    backends.command("replace").description("give the place of a lost backend to the empty store that stands there"),
  )
    .argument("<name>")
    .option("--accept-loss", "also when blobs have no other good copy: they are given up")
    .action((name: string, { acceptLoss = false, ...where }: ReachOptions & { readonly acceptLoss?: boolean }) =>
      reach(where, terminal, async ({ backends: all }) => {
        const progress = openProgress(terminal, { json: false, now: () => new Date() });
        const onProgress = (marked: number) => progress.report(`${marked} replicas to be copied anew`, { marked });
        const { lost } = await all.replace(name, { acceptLoss, onProgress }).finally(progress.end);
        terminal.print(`${name} is the new store now: ${lost} replicas are copied anew while a gateway runs`);
      }),
    );
}

function listTable(described: readonly BackendDescription[], now: Date): string {
  const heading = ["NAME", "KIND", "REGION", "STATE", "CONDITION", "REDIRECTS", "REPLICAS", "BYTES", "NOTE"];
  const rows = described.map((one) => {
    const { name, kind = "-", region = "-", state, replicas, bytes, note = "" } = one;
    const words = [name, kind, region, state, conditionText(one, now), redirectsText(one.redirects)];
    return [...words, count(replicas), size(bytes), note];
  });
  return columns([heading, ...rows], ["REPLICAS", "BYTES"]);
}

function checkTable(checks: readonly BackendCheck[]): string {
  return columns([
    ["NAME", "CONDITION", "WRITES", "REASON"],
    ...checks.map(({ name, condition, writable, reason = "" }) => [name, condition, writable ? "yes" : "no", reason]),
  ]);
}

function toJson(documents: readonly unknown[]): string {
  return JSON.stringify(documents, undefined, 2);
}
