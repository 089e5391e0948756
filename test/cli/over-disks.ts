/** A gateway over disks in a process of its own, anew for each test of the file that imports this, and commands beside it. */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { signedFetch } from "../support/sign.ts";
import { type RunCommand, runCommand, startCommand } from "./terminal.ts";

const KEY = { accessKeyId: "ROOTKEY", secretAccessKey: "a-root-secret-for-tests" };
export const WITHIN = { timeout: 15_000, interval: 20 };
vi.setConfig({ testTimeout: 60_000 });

let root: string;
export let gateway: RunCommand | undefined;
export let endpoint: string;
export let send: ReturnType<typeof signedFetch>;
export const at = (name: string) => join(root, name);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nearbucket-backends-"));
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await rm(root, { recursive: true });
});

export async function configure(names: readonly string[], more: object = {}): Promise<void> {
  const config = {
    listen: { port: 0 },
    dataDirectory: at("data"),
    metadata: { kind: "sqlite", file: at("metadata.sqlite"), durable: false },
    rootKey: KEY,
    regions: ["a", "b", "c", "d"].map((name, index) => ({ name, latitude: 0, longitude: index })),
    backends: names.map((name) => ({ kind: "disk", name, region: name, directory: at(name) })),
    log: { level: "silent" },
    ...more,
  };
  // JSON is YAML.
  await writeFile(at("nearbucket.yaml"), JSON.stringify(config));
}

export async function start(names: readonly string[] = ["a", "b"], more: object = {}): Promise<void> {
  await configure(names, more);
  gateway = startCommand(["serve", "--config", at("nearbucket.yaml")]);
  endpoint = /listens on (http:\S+)/.exec(await gateway.greeted)?.[1] ?? "";
  send = signedFetch({ endpoint, ...KEY });
}

export const command = (words: readonly string[], input = "") =>
  runCommand([...words, "--config", at("nearbucket.yaml")], { input });
/** Over the API of the gateway. */
export const remotely = (...words: readonly string[]) => {
  const env = { AWS_ACCESS_KEY_ID: KEY.accessKeyId, AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey };
  return runCommand([...words, "--endpoint", endpoint], { env });
};
export const backends = (...words: readonly string[]) => command(["backends", ...words]);
export const listed = async () =>
  JSON.parse((await backends("list", "--json", "--gateway", endpoint)).out) as Record<string, unknown>[];
export const entry = async (name: string) => (await listed()).find((one) => one["name"] === name);
export const until = (name: string, expected: Record<string, unknown>) =>
  vi.waitFor(async () => expect(await entry(name)).toMatchObject(expected), WITHIN);

export async function store(key: string): Promise<void> {
  await send({ method: "PUT", path: "/bucket" });
  expect((await send({ method: "PUT", path: `/bucket/${key}`, body: `content of ${key}` })).status).toBe(200);
}

/** The disk goes, and an empty directory stands in its place. */
export async function lose(name: string): Promise<void> {
  await rename(at(name), at(`${name}-away`));
  await mkdir(at(name));
}

export async function attachC() {
  const attached = await command(
    ["backends", "attach", "c", "--from", "-"],
    `{ kind: disk, region: c, directory: ${at("c")} }`,
  );
  expect(attached).toMatchObject({ code: 0, err: expect.stringContaining('"change":"backends attach"') });
  await until("c", { kind: "disk", region: "c", state: "attached", condition: "in place" });
}
