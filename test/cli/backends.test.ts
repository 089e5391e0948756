// Backends on the command line, beside a gateway that runs: what is listed, and what an operator can do with a lost one.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { put } from "../contracts/backend-contract.ts";
import { signedFetch } from "../support/sign.ts";
import { type RunCommand, runCommand, startCommand } from "./terminal.ts";

const KEY = { accessKeyId: "ROOTKEY", secretAccessKey: "a-root-secret-for-tests" };
const WITHIN = { timeout: 15_000, interval: 20 };
vi.setConfig({ testTimeout: 60_000 });

let root: string;
let gateway: RunCommand | undefined;
let endpoint: string;
let send: ReturnType<typeof signedFetch>;
const at = (name: string) => join(root, name);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nearbucket-backends-"));
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await rm(root, { recursive: true });
});

async function configure(names: readonly string[], more: object = {}): Promise<void> {
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

async function start(names: readonly string[] = ["a", "b"]): Promise<void> {
  await configure(names);
  gateway = startCommand(["serve", "--config", at("nearbucket.yaml")]);
  endpoint = /listens on (http:\S+)/.exec(await gateway.greeted)?.[1] ?? "";
  send = signedFetch({ endpoint, ...KEY });
}

const command = (words: readonly string[], input = "") =>
  runCommand([...words, "--config", at("nearbucket.yaml")], { input });
const backends = (...words: readonly string[]) => command(["backends", ...words]);
const listed = async () =>
  JSON.parse((await backends("list", "--json", "--gateway", endpoint)).out) as Record<string, unknown>[];
const entry = async (name: string) => (await listed()).find((one) => one["name"] === name);
const until = (name: string, expected: Record<string, unknown>) =>
  vi.waitFor(async () => expect(await entry(name)).toMatchObject(expected), WITHIN);

async function store(key: string): Promise<void> {
  await send({ method: "PUT", path: "/bucket" });
  expect((await send({ method: "PUT", path: `/bucket/${key}`, body: `content of ${key}` })).status).toBe(200);
}

/** The disk goes, and an empty directory stands in its place. */
async function lose(name: string): Promise<void> {
  await rename(at(name), at(`${name}-away`));
  await mkdir(at(name));
}

async function attachC() {
  const attached = await command(
    ["backends", "attach", "c", "--from", "-"],
    `{ kind: disk, region: c, directory: ${at("c")} }`,
  );
  expect(attached).toMatchObject({ code: 0, err: expect.stringContaining('"change":"backends attach"') });
  await until("c", { kind: "disk", region: "c", state: "attached", condition: "in place" });
}

describe("nearbucket backends", () => {
  it("lists what is registered, in place and held, and checks it", async () => {
    await start();
    await store("key");
    expect(await listed()).toMatchObject(
      ["a", "b"].map((name) => ({
        name,
        kind: "disk",
        region: name,
        state: "attached",
        condition: "in place",
        replicas: 1,
        bytes: 14,
      })),
    );
    const told = (await backends("list", "--gateway", endpoint)).out;
    expect(told).toMatch(/^a +disk +a +attached +in place +1 +14$/m);
    expect((await backends("list")).out).toMatch(/^a +disk +a +attached +seen \d+ s ago +1 +14$/m);
    const checked = await backends("check", "--json");
    expect(checked.code).toBe(0);
    expect(JSON.parse(checked.out)).toMatchObject(
      ["a", "b"].map((name) => ({ name, condition: "in place", writable: true })),
    );
  });

  it("tells of a lost disk, and gives its place to an empty one", async () => {
    await start();
    await store("key");
    await lose("a");
    await until("a", { condition: "lost", state: "attached", replicas: 1 });
    const checked = await backends("check", "a");
    expect(checked).toMatchObject({ code: 1, err: "nearbucket: not as it should be: a\n" });
    expect(checked.out).toMatch(/^a +lost +no +.*it shows no identity/m);
    const replaced = await backends("replace", "a");
    expect(replaced).toMatchObject({ code: 0, out: expect.stringContaining("1 replicas are copied anew") });
    expect(replaced.err).toContain('"change":"backends replace"');
    await until("a", { condition: "in place", state: "attached" });
    expect((await backends("check", "a")).code).toBe(0);
    await vi.waitFor(
      async () => expect((await send({ method: "PUT", path: "/bucket/new", body: "new" })).status).toBe(200),
      WITHIN,
    );
    expect((await send({ path: "/bucket/key" })).text).toBe("content of key");
  });

  it("does not make the directory of a disk that is not there, and keeps what the database says of it", async () => {
    await start();
    await store("key");
    await rename(at("a"), at("a-unmounted"));
    await until("a", { condition: "lost" });
    expect(await backends("replace", "a")).toMatchObject({
      code: 1,
      err: `nearbucket: ${at("a")} is not there: mount the disk, or make an empty directory for a new one\n`,
    });
    expect(existsSync(at("a"))).toBe(false);
    expect(await entry("a")).toMatchObject({ condition: "lost", replicas: 1 });
    await rename(at("a-unmounted"), at("a"));
    await vi.waitFor(async () => expect((await backends("check", "a")).code).toBe(0), WITHIN);
  });

  it("does not replace one that a gateway finds in place, whatever stands here", async () => {
    await start();
    expect((await backends("replace", "a")).err).toMatch(
      /a gateway found a in place \d+ s ago: there is nothing to replace\. .* try again in \d+ s/,
    );
  });

  it("does not replace a lost one by a store that holds other blobs, or by another backend's", async () => {
    await start(["a", "b", "c"]);
    await lose("a");
    await until("a", { condition: "lost" });
    const foreign = await openDiskBackend({ name: "foreign", region: "x", directory: at("a") });
    await foreign.establish("foreign-identity");
    await put(foreign, "blobs/ab/one", Buffer.from("theirs"));
    expect(await backends("replace", "a")).toMatchObject({ code: 1, err: expect.stringContaining("is not empty") });
    await rm(at("a"), { recursive: true });
    await mkdir(at("a"));
    await writeFile(at("a/.nearbucket-disk"), await readFile(at("b/.nearbucket-disk")));
    expect(await backends("replace", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("the store at a is b"),
    });
    expect(await entry("a")).toMatchObject({ condition: "lost" });
  });

  it("gives up blobs that stood only on a lost one when it is told to, and no sooner", async () => {
    await start();
    await store("key");
    await backends("drain", "b");
    await lose("a");
    await until("a", { condition: "lost" });
    expect(await backends("replace", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("1 blobs (14 bytes) have no other good copy"),
    });
    expect(await entry("a")).toMatchObject({ condition: "lost", replicas: 1 });
    expect((await backends("replace", "a", "--accept-loss")).code).toBe(0);
    expect(await entry("a")).toMatchObject({ replicas: 0 });
  });

  it("counts on no other copy that was not seen for longer than the configured grace", async () => {
    await start();
    await store("key");
    await backends("drain", "a");
    await gateway?.stop();
    await configure(["a", "b"], { repair: { graceMinutes: 0.0001 } });
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("have their only good copy on a"),
    });
    await configure(["a", "b"]);
    expect((await backends("remove", "a")).code).toBe(0);
  });

  it("drains, resumes and removes, but removes nothing that stands only there", async () => {
    await start();
    await store("key");
    expect(await backends("remove", "a")).toMatchObject({ code: 1, err: expect.stringContaining("drain a first") });
    expect((await backends("drain", "a")).code).toBe(0);
    expect(await entry("a")).toMatchObject({ state: "draining" });
    expect((await backends("resume", "a")).code).toBe(0);
    expect(await entry("a")).toMatchObject({ state: "attached" });
    await backends("drain", "a");
    await backends("drain", "b");
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("1 blobs (14 bytes) have their only good copy on a"),
    });
    await backends("resume", "b");
    expect((await backends("remove", "a")).code).toBe(0);
    expect(await entry("a")).toMatchObject({
      state: "removed",
      replicas: 0,
      note: "removed, but still configured: it is not used",
    });
    expect((await send({ path: "/bucket/key" })).text).toBe("content of key");
  });

  it("removes none that holds one of too few copies, and asks repair to look", async () => {
    await start();
    await store("key");
    await attachC();
    await gateway?.stop();
    await backends("drain", "a");
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("1 blobs (14 bytes) would have fewer than 2 copies without a"),
    });
    expect(await entry("a")).toMatchObject({ state: "draining", replicas: 1 });
    await start();
    await vi.waitFor(async () => expect((await backends("remove", "a")).code).toBe(0), WITHIN);
    expect(await entry("c")).toMatchObject({ replicas: 1 });
    // Looked at is what was attached too, and not what was removed.
    const { code, out } = await backends("check", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject(["b", "c"].map((name) => ({ name, condition: "in place", writable: true })));
  });

  it("attaches one that is not in the configuration, and keeps it sealed", async () => {
    await start();
    await attachC();
    await backends("drain", "a");
    const put = async (key: string) => (await send({ method: "PUT", path: `/bucket/${key}`, body: key })).status;
    await send({ method: "PUT", path: "/bucket" });
    await vi.waitFor(async () => {
      await put(`key-${Math.random()}`);
      expect(await entry("c")).toMatchObject({ replicas: expect.any(Number) });
      expect((await entry("c"))?.["replicas"]).toBeGreaterThan(0);
    }, WITHIN);
    expect((await readFile(at("metadata.sqlite"))).includes(at("c"))).toBe(false);
    expect((await command(["keys", "rotate-encryption"])).out).toContain("sealed 1 secret anew");
    await gateway?.stop();
    await start();
    await until("c", { state: "attached", condition: "in place" });
    expect((await backends("check", "c")).code).toBe(0);
    expect(await put("after")).toBe(200);
  });

  it.each([
    ["a fault in it", "z", "{ kind: disk, region: nowhere }", "directory: missing"],
    [
      "a region that is not configured",
      "z",
      "{ kind: disk, region: nowhere, directory: /z }",
      "expected the name of one",
    ],
    ["another name in it", "z", "{ kind: disk, name: y, region: c, directory: /z }", "called y there"],
    ["the name of a configured one", "a", "{ kind: memory, region: c }", "a is in the configuration"],
    ["no keys", "z", "nothing", "expected YAML with the keys of one backend"],
  ])("attaches nothing that has %s", async (_, name, text, reason) => {
    await start();
    const attached = await command(["backends", "attach", name, "--from", "-"], text);
    expect(attached).toMatchObject({ code: 1, err: expect.stringContaining(reason) });
    expect(await listed()).toHaveLength(2);
  });

  it("attaches no store that is another backend, nor one with blobs of others", async () => {
    await start();
    const same = await command(
      ["backends", "attach", "z", "--from", "-"],
      `{ kind: disk, region: c, directory: ${at("a")} }`,
    );
    expect(same).toMatchObject({ code: 1, err: expect.stringContaining("it is the same store as a") });
    const foreign = await openDiskBackend({ name: "foreign", region: "x", directory: at("z") });
    await foreign.establish("foreign-identity");
    await put(foreign, "blobs/ab/one", Buffer.from("theirs"));
    const taken = await command(
      ["backends", "attach", "z", "--from", "-"],
      `{ kind: disk, region: c, directory: ${at("z")} }`,
    );
    expect(taken).toMatchObject({ code: 1, err: expect.stringContaining("blobs that this database does not know") });
  });

  it("says of names that it does not know that it does not", async () => {
    await start();
    for (const word of ["drain", "resume", "remove"])
      expect(await backends(word, "z")).toMatchObject({ code: 1, err: expect.stringContaining("no backend z") });
    for (const word of ["check", "replace"])
      expect(await backends(word, "z")).toMatchObject({
        code: 1,
        err: expect.stringContaining("not in the configuration"),
      });
  });

  it("shows where configuration and database differ", async () => {
    await start(["a", "b", "c"]);
    await store("key");
    await gateway?.stop();
    await configure(["a", "d"]);
    const notes = (await listed()).map(({ name, note }) => [name, note]);
    expect(notes).toEqual([
      ["a", undefined],
      ["b", expect.stringMatching(/^not configured any more/)],
      ["c", expect.stringMatching(/^not configured any more/)],
      ["d", "not registered yet: see the gateway's log"],
    ]);
  });
});
