// The systemd units: systemd reads them without complaint, they are closed as far as they say, and the calls that a
// gateway makes are among those they allow.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDocument } from "../docs/examples.ts";
import { MAIN } from "../support/gateway-process.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { freePort, startServerProcess } from "../support/server-process.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const UNITS = ["nearbucket.service", "nearbucket-node.service"];
/** Of 0 (closed) to 100 (open): what reaches the network and runs a compiler stays above 0. */
const THRESHOLD = 15;
/** Calls that are refused and can be done without: SQLite's, made by root only; V8's, for keys that it then does without. */
const SPARE = ["fchown", "pkey_alloc", "pkey_mprotect"];

describeWith(["systemd-analyze"], "the systemd units", () => {
  it.each(UNITS)("%s is read without a complaint", async (name) => {
    expect(await complaintsOf(readDocument(`deploy/systemd/${name}`), name)).toBe("");
  });

  it("would hear of a key that systemd does not know", async () => {
    const unit = readDocument("deploy/systemd/nearbucket.service").replace("UMask=", "UMusk=");
    expect(await complaintsOf(unit, "nearbucket.service")).toContain("UMusk");
  });

  it.each(UNITS)("%s is closed as far as it can be", async (name) => {
    const file = await written(readDocument(`deploy/systemd/${name}`), name);
    await run(neededProgram("systemd-analyze"), ["security", "--offline=true", `--threshold=${THRESHOLD}`, file]);
  });

  it.each(UNITS)("%s gives requests under way the time that the program gives them", (name) => {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(readDocument(`deploy/systemd/${name}`))?.[1]);
    // 5 until it closes where its database is shared, and 30 for the requests under way.
    expect(seconds).toBeGreaterThan(35);
  });
});

describeWith(["strace", "systemd-analyze"], "the calls that the units allow", () => {
  it("are all that a gateway makes", async () => {
    const directory = await temporaryDirectory();
    const trace = join(directory, "trace");
    await writeAndRead(directory, trace);
    const text = await readFile(trace, "utf8");
    const made = new Set([...text.matchAll(/^\d+ +(?:<\.\.\. )?([a-z_0-9]+)[( ]/gm)].map((match) => match[1] ?? ""));
    expect(made.size).toBeGreaterThan(40);
    const filters = readDocument("deploy/systemd/nearbucket.service").match(/(?<=^SystemCallFilter=).+$/gm) ?? [];
    const [allowed, refused] = [
      filters.filter((filter) => !filter.startsWith("~")),
      filters.filter((f) => f.startsWith("~")),
    ];
    const may = await callsOf(["@default", ...allowed]);
    const not = await callsOf(refused.flatMap((filter) => filter.slice(1).split(" ")));
    expect([...made].filter((call) => !may.has(call) || not.has(call)).filter((call) => !SPARE.includes(call))).toEqual(
      [],
    );
  }, 120_000);
});

async function written(unit: string, name: string): Promise<string> {
  const file = join(await temporaryDirectory(), name);
  // systemd looks for the program too, which is not installed here.
  await writeFile(file, unit.replace("ExecStart=nearbucket ", "ExecStart=/bin/sh "));
  return file;
}

/** What systemd says of it: it ends with 0 even when it does not know a key. */
async function complaintsOf(unit: string, name: string): Promise<string> {
  return spawnSync(neededProgram("systemd-analyze"), ["verify", await written(unit, name)], { encoding: "utf8" })
    .stderr;
}

/** The system calls in systemd's sets, those in sets inside them too. */
async function callsOf(sets: readonly string[]): Promise<ReadonlySet<string>> {
  const text = (await run(neededProgram("systemd-analyze"), ["syscall-filter", ...sets])).toString();
  const words = [...text.matchAll(/^ +([@\w-]+)$/gm)].map((match) => match[1] ?? "");
  const inner = words.filter((word) => word.startsWith("@"));
  const nested = inner.length === 0 ? [] : await callsOf(inner);
  return new Set([...words.filter((word) => !word.startsWith("@")), ...nested]);
}

/** Starts a gateway over two disks under strace, writes 2 MiB, reads them, deletes them, and stops it. */
async function writeAndRead(directory: string, trace: string): Promise<void> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const rootKey = { accessKeyId: "AKIATRACEDROOT", secretAccessKey: "traced-root-secret" };
  const disks = ["one", "two"].map((name) => ({ kind: "disk", name, region: name, directory: join(directory, name) }));
  for (const disk of disks) await mkdir(disk.directory);
  const regions = disks.map(({ region }) => ({ name: region, latitude: 0, longitude: 0 }));
  const config = join(directory, "nearbucket.yaml");
  const settings = { listen: { port }, dataDirectory: join(directory, "data"), rootKey, regions, backends: disks };
  await writeFile(config, JSON.stringify(settings));
  const server = await startServerProcess({
    path: neededProgram("strace"),
    // -D: what is started is the gateway, so that it gets the signal to stop.
    arguments: ["-D", "-f", "-qq", "-o", trace, process.execPath, MAIN, "serve", "--config", config],
    readyUrl: `${endpoint}/-/ready`,
  });
  const send = signedFetch({ endpoint, ...rootKey });
  const body = randomBytes(2 * 1024 ** 2);
  expect((await send({ method: "PUT", path: "/photos" })).status).toBe(200);
  expect((await send({ method: "PUT", path: "/photos/a", body })).status).toBe(200);
  expect((await send({ path: "/photos/a" })).body.equals(body)).toBe(true);
  expect((await send({ method: "DELETE", path: "/photos/a" })).status).toBe(204);
  expect(await server.stop()).toBe(0);
}
