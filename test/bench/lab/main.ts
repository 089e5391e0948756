/**
 * `npm run lab`: makes the network namespaces, runs the lab in them and removes them, however it ends. Options:
 * options.ts.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hubOf, missing, openNamespaces } from "./namespaces.ts";
import { type LabOptions, readOptions, USAGE } from "./options.ts";
import { script } from "./servers.ts";

/** Before everything else on this machine: waiting for a processor would look like distance. */
const PRIORITY = "-10";

process.exitCode = await main();

async function main(): Promise<number> {
  const options = understand();
  if (options === undefined) return refuse(USAGE, 2);
  const absent = missing();
  if (absent !== undefined) return refuse(`the lab cannot run here: ${absent}\n`, 1);
  const stop = new AbortController();
  // From here on the end of the lab is the end of this: nothing stays behind.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  // Goes after the namespaces, and so after the processes that write into it.
  await using directory = await temporary();
  await using lab = await openNamespaces(`nblab-${process.pid}`, options.clientMbit);
  if (stop.signal.aborted) return 130;
  const words = script(hubOf(lab.prefix), new URL("inside.ts", import.meta.url), [
    lab.prefix,
    directory.path,
    JSON.stringify(options),
  ]);
  const child = spawn("nice", ["-n", PRIORITY, "ip", ...words], { stdio: "inherit", detached: true });
  await hasten(child.pid);
  stop.signal.addEventListener("abort", () => child.kill("SIGTERM"));
  const [code] = await once(child, "exit");
  return stop.signal.aborted ? 130 : (code ?? 1);
}

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "nearbucket-lab-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Linux weighs sessions before processes, where it does at all. */
async function hasten(pid: number | undefined): Promise<void> {
  const file = `/proc/${pid}/autogroup`;
  if (existsSync(file)) await writeFile(file, PRIORITY);
}

function understand(): LabOptions | undefined {
  try {
    return readOptions(process.argv.slice(2));
  } catch {
    return undefined;
  }
}

function refuse(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}
