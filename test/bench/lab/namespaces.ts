/**
 * Network namespaces by `ip` and `tc`: a hub with a bridge, and two machines in each region, one for servers and one
 * for the client, each on a line of its own rate. Their names begin with this process's id, so that only what was made
 * here is removed.
 */
import { spawnSync } from "node:child_process";
import { onPath, run } from "../../support/run.ts";
import { addressesOf, HUB_ADDRESS, type Machine, seenAddresses } from "./addresses.ts";
import { type LabRegion, regions, SERVER_MBIT } from "./regions.ts";

export interface Namespaces extends AsyncDisposable {
  readonly prefix: string;
}

const MACHINES: readonly Machine[] = ["servers", "client"];
/** Linux's own, whatever this machine has set: a connection to the relay may hold so much. */
const BUFFERS = ["net.ipv4.tcp_rmem=4096 131072 6291456", "net.ipv4.tcp_wmem=4096 16384 4194304"];

export function hubOf(prefix: string): string {
  return `${prefix}-hub`;
}

export function namespaceOf(prefix: string, region: LabRegion, machine: Machine): string {
  return `${prefix}-${region.name}-${machine}`;
}

/** A command that runs `words` in a namespace. */
export function inside(namespace: string, words: readonly string[]): readonly string[] {
  return ["netns", "exec", namespace, ...words];
}

/** What is missing to run a lab here; undefined: nothing. */
export function missing(): string | undefined {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const absent = ["ip", "tc", "unshare"].filter((name) => onPath(name).length === 0);
  if (absent.length > 0) return `${absent.join(" and ")} not on PATH (iproute2, util-linux)`;
  const tried = spawnSync("unshare", ["--net", "true"], { encoding: "utf8" });
  return tried.status === 0 ? undefined : `this root may make no network namespace: ${tried.stderr.trim()}`;
}

/** Makes all of them; when one fails, what was made is removed. */
export async function openNamespaces(prefix: string, clientMbit: number): Promise<Namespaces> {
  const names = [hubOf(prefix), ...everyMachine().map(({ region, machine }) => namespaceOf(prefix, region, machine))];
  const made: string[] = [];
  const close = async (): Promise<void> => {
    // The clients first, which would complain of servers that go.
    for (const name of made.splice(0).reverse()) await remove(name);
  };
  try {
    for (const name of names) {
      await run("ip", ["netns", "add", name]);
      made.push(name);
    }
    for (const [program, ...words] of commands(prefix, clientMbit)) await run(program, words);
    return { prefix, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Command = readonly [program: string, ...words: string[]];

/** From empty namespaces to lines that work. */
export function commands(prefix: string, clientMbit: number): readonly Command[] {
  const hub = hubOf(prefix);
  return [
    ["ip", "-n", hub, "link", "add", "bridge", "type", "bridge"],
    ["ip", "-n", hub, "addr", "add", `${HUB_ADDRESS}/16`, "dev", "bridge"],
    ["ip", "-n", hub, "link", "set", "lo", "up"],
    ["ip", "-n", hub, "link", "set", "bridge", "up"],
    ...everyMachine().flatMap(({ region, machine }) => line(prefix, region, machine, clientMbit)),
    ...regions.flatMap((region) =>
      seenAddresses.map(
        (address): Command => [
          "ip",
          ...["-n", namespaceOf(prefix, region, "servers"), "addr", "add", `${address}/32`, "dev", "lo"],
        ],
      ),
    ),
  ];
}

/** A machine's line to the hub: what either end sends goes at the line's rate. */
function line(prefix: string, region: LabRegion, machine: Machine, clientMbit: number): readonly Command[] {
  const hub = hubOf(prefix);
  const own = namespaceOf(prefix, region, machine);
  const port = `${machine}${region.number}`;
  const mbit = machine === "servers" ? SERVER_MBIT : clientMbit;
  const shape = (namespace: string, device: string): Command => [
    "tc",
    ...["-n", namespace, "qdisc", "add", "dev", device, "root"],
    // So deep that nothing is lost: the relay knows no loss.
    ...["tbf", "rate", `${mbit}mbit`, "burst", "128kb", "limit", "16mb"],
  ];
  return [
    ["ip", "-n", own, "link", "add", "line", "type", "veth", "peer", "name", port, "netns", hub],
    ...addressesOf(region, machine).map(
      (address): Command => ["ip", "-n", own, "addr", "add", `${address}/16`, "dev", "line"],
    ),
    ["ip", "-n", own, "link", "set", "lo", "up"],
    ["ip", "-n", own, "link", "set", "line", "up"],
    ["ip", "-n", hub, "link", "set", port, "master", "bridge", "up"],
    shape(own, "line"),
    shape(hub, port),
    ["ip", ...inside(own, ["sysctl", "-q", "-w", ...BUFFERS])],
  ];
}

function everyMachine(): readonly { readonly region: LabRegion; readonly machine: Machine }[] {
  return MACHINES.flatMap((machine) => regions.map((region) => ({ region, machine })));
}

/** Ends what still runs in it, and removes it. One that is not there is no error. */
async function remove(name: string): Promise<void> {
  const pids = await run("ip", ["netns", "pids", name]).catch(() => undefined);
  if (pids === undefined) return;
  for (const pid of pids.toString().split("\n").filter(Boolean)) end(Number(pid));
  await run("ip", ["netns", "del", name]);
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
