/** `nearbucket scrub`: has a backend read whole, and waits for it. */
import type { Command } from "commander";
import { endWith, STOPPED } from "./exit-code.ts";
import { counted, size } from "./layout.ts";
import { type ReachOptions, reach, withReach } from "./reach.ts";
import type { BackendsGroup, Scrubbing } from "./reached.ts";
import type { Terminal } from "./terminal.ts";
import { paceText, type WaitOptions, waitFor } from "./waiting.ts";

interface Options extends ReachOptions {
  readonly wait?: boolean;
  readonly json?: boolean;
}

export function addScrub(program: Command, terminal: Terminal): void {
  withReach(program.command("scrub").description("read every replica on a backend whole, from now on"))
    .argument("<backend>")
    .option("--wait", "until it is done, saying what is left and how fast it goes")
    .option("--json", "as JSON documents, one a line")
    .action((name: string, { wait = false, json = false, ...where }: Options) =>
      reach(where, terminal, ({ backends }) => scrub(backends, name, terminal, { wait, json, now: () => new Date() })),
    );
}

async function scrub(all: BackendsGroup, name: string, terminal: Terminal, options: WaitOptions): Promise<void> {
  const until = await all.scrub(name);
  const seen = options.wait ? await waitUntilRead(all, name, until, terminal, options) : undefined;
  const document = { backend: name, until, ...(seen && factsOf(seen)) };
  terminal.print(options.json ? JSON.stringify(document) : doneText(name, seen));
  if (seen?.isUnderWay) endWith(STOPPED);
  if (seen !== undefined && seen.left.replicas > 0)
    throw new Error(
      `${amount(seen)}, on ${name} could not be read, and will be tried again: the gateway's log says why`,
    );
}

function doneText(name: string, seen: Scrubbing | undefined): string {
  if (seen?.isUnderWay === false)
    return `${name} was read whole. What was missing or damaged is copied anew: nearbucket status`;
  return `${name} is read whole while a gateway runs: nearbucket scrub ${name} --wait says how far it is`;
}

interface Seen extends Scrubbing {
  /** Why nothing was read since the look before; undefined: something was, or nobody knows. */
  readonly stands: string | undefined;
}

function waitUntilRead(
  all: BackendsGroup,
  name: string,
  until: Date,
  terminal: Terminal,
  options: WaitOptions,
): Promise<Seen> {
  let before: Scrubbing | undefined;
  const look = async () => {
    const seen = await all.scrubbing(name, until);
    const isStanding = seen.isUnderWay && before?.left.replicas === seen.left.replicas;
    before = seen;
    return { ...seen, stands: isStanding ? await whyStanding(all, name) : undefined };
  };
  return waitFor(
    {
      look,
      isDone: ({ isUnderWay }) => !isUnderWay,
      say: (seen, first, elapsedMs) => scrubText(name, first, seen, elapsedMs),
      facts: (seen) => ({ backend: name, ...factsOf(seen), stands: seen.stands }),
    },
    terminal,
    options,
  );
}

async function whyStanding(all: BackendsGroup, name: string): Promise<string | undefined> {
  const condition = (await all.list()).find((one) => one.name === name)?.condition;
  return condition === "in place" || condition === "seen" ? undefined : condition;
}

/** `elapsedMs`: since there was `first`. */
export function scrubText(name: string, first: Scrubbing, seen: Seen, elapsedMs: number): string {
  const { left, attempts, reason, stands } = seen;
  const pace = paceText(first.left.bytes, left.bytes, elapsedMs);
  const why = stands === undefined ? "" : `; it is ${stands}`;
  const failed = reason === undefined ? "" : `; it failed ${counted(attempts, "time")}: ${reason}`;
  return `${name}: ${amount(seen)}, to be read${pace}${why}${failed}`;
}

function amount({ left }: Scrubbing): string {
  return `${counted(left.replicas, "replica")}, ${size(left.bytes)}`;
}

function factsOf({ isUnderWay: underWay, left, attempts, reason }: Scrubbing) {
  return { underWay, ...left, attempts, reason };
}
