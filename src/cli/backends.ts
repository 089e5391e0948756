/**
 * `nearbucket backends`: which stores a gateway has, whether each is in place, and what to do with one that is lost or
 * no longer wanted. Works beside running gateways, which follow within seconds.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import type { Administration } from "../administration.ts";
import { readBackend } from "../config/attached-backend.ts";
import { administer, type WhereOptions, withWhere } from "./administration.ts";
import { askGateway } from "./ask-gateway.ts";
import { audit } from "./audit.ts";
import { columns } from "./columns.ts";
import { duration } from "./layout.ts";
import { addOrphans } from "./orphans.ts";
import type { Terminal } from "./terminal.ts";

type Backends = Administration["backends"];
type Description = Awaited<ReturnType<Backends["describe"]>>[number];
type Check = Awaited<ReturnType<Backends["check"]>>;

interface JsonOption {
  readonly json?: true;
}

export function addBackends(program: Command, terminal: Terminal): void {
  const backends = program.command("backends").description("the stores of a gateway, beside a running one");
  addList(backends, terminal);
  addCheck(backends, terminal);
  addAttach(backends, terminal);
  addChange(backends, terminal, {
    name: "drain",
    description: "give a backend nothing new, and have its blobs copied elsewhere",
    change: (all, name) => all.drain(name),
    done: (name) => `${name} is draining: its blobs are copied elsewhere, and then it can be removed`,
  });
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
    done: (name) => `${name} is removed: take it out of the configuration`,
  });
  addReplace(backends, terminal);
  addOrphans(backends, terminal);
}

function addList(backends: Command, terminal: Terminal): void {
  withWhere(backends.command("list").description("list the backends, what gateways say of them and what they hold"))
    .option("--gateway <url>", "where the gateway answers operators; by default as the configuration says")
    .option("--json", "as one JSON document")
    .action((options: WhereOptions & JsonOption & { readonly gateway?: string }) =>
      administer(options, terminal, async ({ backends: all }, config) => {
        const { status } = await askGateway(config, options.gateway);
        const described = await all.describe(status?.backends);
        terminal.print(options.json === true ? toJson(described) : listTable(described, new Date()));
      }),
    );
}

function addCheck(backends: Command, terminal: Terminal): void {
  withWhere(backends.command("check").description("look at the backends now; fails when one is not in place"))
    .argument("[name]", "only this one")
    .option("--json", "as one JSON document")
    .action((name: string | undefined, options: WhereOptions & JsonOption) =>
      administer(options, terminal, async ({ backends: all }) => {
        const names = name === undefined ? (await all.configurations()).map((backend) => backend.name) : [name];
        const checks = await Promise.all(names.map((one) => all.check(one)));
        terminal.print(options.json === true ? toJson(checks) : checkTable(checks));
        const bad = checks.filter(({ condition, writable }) => condition !== "in place" || !writable);
        if (bad.length > 0) throw new Error(`not as it should be: ${bad.map((one) => one.name).join(", ")}`);
      }),
    );
}

function addAttach(backends: Command, terminal: Terminal): void {
  withWhere(backends.command("attach").description("use a backend that is not in the configuration file"))
    .argument("<name>")
    .requiredOption("--from <file>", "YAML with the keys it would have there; -: standard input")
    .action((name: string, { from, ...where }: WhereOptions & { readonly from: string }) =>
      administer(where, terminal, async ({ backends: all }, config) => {
        const { env } = terminal;
        const file = resolve(terminal.directory, from);
        const text = from === "-" ? await terminal.readInput() : await readFile(file, "utf8");
        const directory = from === "-" ? terminal.directory : dirname(file);
        await all.attach(readBackend(text, name, { config, env, directory }));
        audit(terminal, "backends attach", { backend: name });
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
    readonly change: (all: Backends, name: string) => Promise<void>;
    readonly done: (name: string) => string;
  },
): void {
  withWhere(backends.command(command.name).description(command.description).argument("<name>")).action(
    (name: string, options: WhereOptions) =>
      administer(options, terminal, async ({ backends: all }) => {
        await command.change(all, name);
        audit(terminal, `backends ${command.name}`, { backend: name });
        terminal.print(command.done(name));
      }),
  );
}

function addReplace(backends: Command, terminal: Terminal): void {
  withWhere(
    backends.command("replace").description("give the place of a lost backend to the empty store that stands there"),
  )
    .argument("<name>")
    .option("--accept-loss", "also when blobs have no other good copy: they are given up")
    .action((name: string, { acceptLoss = false, ...where }: WhereOptions & { readonly acceptLoss?: boolean }) =>
      administer(where, terminal, async ({ backends: all }) => {
        const onProgress = (marked: number) => terminal.complain(`${marked} replicas to be copied anew`);
        const { identity, lost } = await all.replace(name, { acceptLoss, onProgress });
        audit(terminal, "backends replace", { backend: name, identity, lost, acceptLoss });
        terminal.print(`${name} is the new store now: ${lost} replicas are copied anew while a gateway runs`);
      }),
    );
}

function listTable(described: readonly Description[], now: Date): string {
  return columns([
    ["NAME", "KIND", "REGION", "STATE", "CONDITION", "REPLICAS", "BYTES", "NOTE"],
    ...described.map(({ name, kind = "-", region = "-", state, condition, at, replicas, bytes, note = "" }) => [
      name,
      kind,
      region,
      state,
      conditionText(condition, at, now),
      String(replicas),
      String(bytes),
      note,
    ]),
  ]);
}

function conditionText(condition: Description["condition"], at: Date | undefined, now: Date): string {
  if (condition === "in place" || at === undefined) return condition;
  if (condition === "seen") return `seen ${duration(now.getTime() - at.getTime())} ago`;
  return `${condition} since ${at.toISOString().slice(0, 16)}Z`;
}

function checkTable(checks: readonly Check[]): string {
  return columns([
    ["NAME", "CONDITION", "WRITES", "REASON"],
    ...checks.map(({ name, condition, writable, reason = "" }) => [name, condition, writable ? "yes" : "no", reason]),
  ]);
}

function toJson(documents: readonly unknown[]): string {
  return JSON.stringify(documents, undefined, 2);
}
