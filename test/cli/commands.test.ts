// A command that fails prints a message and exits with code 1; a command that runs until it is stopped exits with 0.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shellWord } from "../../src/cli/terminal.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runCommand, startCommand } from "./terminal.ts";

const rootKey = { NEARBUCKET_ROOT_ACCESS_KEY: "ROOTKEY", NEARBUCKET_ROOT_SECRET_KEY: "root-secret" };
const urlOf = (text: string) => /listens on (http:\S+)/.exec(text)?.[1] ?? "";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nearbucket-cli-"));
});
afterAll(() => rm(directory, { recursive: true }));

describe("commands", () => {
  it.each([
    [["dance"], "error: unknown command 'dance'"],
    [["demo", "--port", "70000"], "expected a whole number from 0 to 65535"],
    [["demo", "--region-count", "1"], "expected a whole number from 2 to 5"],
    [
      ["demo", "--port", "0", "--region-count", "2", "--data", "own", "--set", "dataDirectory=elsewhere"],
      "nearbucket: dataDirectory: set it with --data",
    ],
    [["stats"], "nearbucket: say which gateway: --config FILE, or --data DIR for a demo, or --endpoint"],
    [["stats", "--config", "a", "--data", "b"], "nearbucket: give --config or --data, not both"],
    [
      ["stats", "--data", "/nowhere"],
      "nearbucket: /nowhere holds no demo: start one with nearbucket demo --data /nowhere",
    ],
    [["serve"], "nearbucket: cannot read the configuration file"],
    [["keys", "create", "--data", "x"], "error: required option '--account <name>' not specified"],
    [["keys", "create", "--account", "a b"], "expected up to 63 letters, digits and . _ @ -"],
    [
      ["keys", "create", "--account", "a", "--access-key", "a/b"],
      "expected 3 to 128 printable characters without space or slash",
    ],
    [["keys", "create", "--account", "a", "--secret-key", "long enough"], "error: unknown option '--secret-key'"],
    [
      ["keys", "create", "--account", "a", "--secret-key-stdin"],
      "nearbucket: expected a secret of at least 8 characters",
    ],
    [["keys", "create", "--account", "a", "--bucket", "No/x"], "expected BUCKET or BUCKET/PREFIX"],
    [["keys", "create", "--account", "a", "--network", "10.0.0.0/33"], "expected a network such as 10.0.0.0/8"],
    [["keys", "create", "--account", "a", "--expires", "2001-01-01"], "expected a date or time ahead"],
    [["keys", "create", "--account", "a", "--expires", "soon"], "expected a date or time ahead"],
    [["keys", "create", "--account", "a", "--redirect", "on"], "Allowed choices are off, auto, always"],
    [
      ["node", "--data", "x"],
      "nearbucket: a node takes its root key from NEARBUCKET_ROOT_ACCESS_KEY and NEARBUCKET_ROOT_SECRET_KEY: set both",
    ],
  ])("%j ends with code 1 and says why", async (words, message) => {
    const { code, out, err } = await runCommand(words, { directory });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
  });

  it("shows help with code 0", async () => {
    const { code, out } = await runCommand(["--help"]);
    expect(code).toBe(0);
    for (const command of ["serve", "node", "demo", "status", "doctor", "stats", "keys"])
      expect(out).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  it("says its version, which is the package's", async () => {
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await runCommand(["--version"])).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
  });

  it.each([
    [["serve"], ["NEARBUCKET_CONFIG"]],
    [["node"], ["NEARBUCKET_ROOT_ACCESS_KEY", "NEARBUCKET_ROOT_SECRET_KEY"]],
    [["status"], ["NEARBUCKET_CONFIG"]],
    [["doctor"], ["NEARBUCKET_CONFIG"]],
    [["stats"], ["NEARBUCKET_CONFIG"]],
    [["keys", "create"], ["NEARBUCKET_CONFIG"]],
  ])("names in the help of %j the variables it reads, and no value that only a program knows", async (words, names) => {
    const { code, out } = await runCommand([...words, "--help"]);
    expect(code).toBe(0);
    for (const name of names) expect(out).toContain(name);
    expect(out).not.toContain("[]");
  });

  it("serves a configuration file, or lists all its faults", async () => {
    const file = join(directory, "nearbucket.yaml");
    const good =
      "listen: { port: 0 }\ncopies: 1\nlog: { level: silent }\nregions: [{ name: here, latitude: 0, longitude: 0 }]\n";
    await writeFile(file, `${good}backends: [{ kind: memory, name: m, region: there }]\nnonsense: 1\n`);
    const faulty = await runCommand(["serve", "--config", "nearbucket.yaml"], { directory, env: rootKey });
    expect(faulty).toEqual({
      code: 1,
      out: "",
      err: `nearbucket: ${file} has 2 faults:\n  nonsense: unknown key\n  backends[0].region: expected the name of one of the regions, found there\n`,
    });
    await writeFile(file, `${good}backends: [{ kind: memory, name: m, region: here }]\n`);
    const serve = startCommand(["serve", "--set", "redirect.mode=off"], {
      directory,
      env: { ...rootKey, NEARBUCKET_CONFIG: file },
    });
    const send = signedFetch({
      endpoint: urlOf(await serve.greeted),
      accessKeyId: "ROOTKEY",
      secretAccessKey: "root-secret",
    });
    expect((await send({ path: "/" })).status).toBe(200);
    expect(await serve.stop()).toBe(0);
  });

  it.each(["serve", "status", "keys list"])("says of %s why the database cannot be used", async (words) => {
    const data = await temporaryDirectory();
    const config = {
      ...{ metadata: { kind: "postgres", url: "postgres://nobody@127.0.0.1:1/none" }, copies: 1 },
      ...{ encryptionKey: "a key for tests, sixteen and more", regions: [{ name: "here", latitude: 0, longitude: 0 }] },
      backends: [{ kind: "memory", name: "m", region: "here" }],
    };
    await writeFile(join(data, "nearbucket.yaml"), JSON.stringify(config));
    const run = [...words.split(" "), "--config", join(data, "nearbucket.yaml")];
    expect(await runCommand(run, { env: rootKey })).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^nearbucket: the database cannot be used: .*ECONNREFUSED 127\.0\.0\.1:1\. nearbucket doctor/,
      ),
    });
  });

  it("applies settings from the command line over the configuration, and refuses wrong ones", async () => {
    const data = await temporaryDirectory();
    const config = join(data, "nearbucket.yaml");
    await writeFile(
      config,
      "copies: 1\nregions: [{ name: here, latitude: 0, longitude: 0 }]\n" +
        "backends: [{ kind: memory, name: m, region: here }]\n",
    );
    const run = (...words: string[]) => runCommand([...words, "--config", config], { env: rootKey });
    const database = join(data, "nearbucket-data", "metadata.sqlite");
    for (const words of [
      ["status"],
      ["stats"],
      ["keys", "list"],
      ["keys", "revoke", "KEY"],
      ["keys", "rotate-encryption"],
    ])
      expect(await run(...words)).toEqual({
        code: 1,
        out: "",
        err: `nearbucket: there is no database ${database} yet: start the gateway first\n`,
      });
    expect(await readdir(data)).toEqual(["nearbucket.yaml"]);
    expect((await run("keys", "create", "--account", "alice", "--access-key", "EARLY")).code).toBe(0);
    expect((await run("keys", "list")).out).toContain("EARLY");
  });

  it("lays settings from the command line over what it would serve, and refuses those that are wrong", async () => {
    const words = ["node", "--data", "set", "--port", "0", "--log-level", "silent"];
    const node = startCommand([...words, "--set", "region=eu-north-1", "--set", "strictRegion=true"], {
      directory,
      env: { ...rootKey },
    });
    const key = { endpoint: urlOf(await node.greeted), accessKeyId: "ROOTKEY", secretAccessKey: "root-secret" };
    const elsewhere = await signedFetch(key)({ path: "/" });
    expect([elsewhere.status, elsewhere.body.toString()]).toEqual([400, expect.stringContaining("eu-north-1")]);
    expect(await node.stop()).toBe(0);
    const run = (...set: string[]) => runCommand([...words, ...set], { directory, env: { ...rootKey } });
    expect((await run("--set", "nonsense=1", "--set", "copies=0")).err).toMatch(
      /copies: .*; nonsense: unknown key|nonsense: unknown key; copies: /,
    );
    expect((await run("--set", "rootKey.secretAccessKey=seen-by-all")).err).toContain("a secret is not taken from");
    expect((await run("--set", "dataDirectory=elsewhere")).err).toBe("nearbucket: dataDirectory: set it with --data\n");
    expect((await run("--set", "copies")).err).toContain("expected key=value, such as redirect.minBytes=0");
  });

  it("runs a node that a gateway can use, at the given address and with the given key", async () => {
    const node = startCommand(["node", "--data", "node", "--port", "0", "--region", "lab", "--log-level", "silent"], {
      directory,
      env: { ...rootKey },
    });
    const send = signedFetch({
      endpoint: urlOf(await node.greeted),
      accessKeyId: "ROOTKEY",
      secretAccessKey: "root-secret",
    });
    expect((await send({ method: "PUT", path: "/blobs" })).status).toBe(200);
    expect((await send({ method: "PUT", path: "/blobs/a", body: "bytes" })).status).toBe(200);
    const read = await send({ path: "/blobs/a" });
    expect([read.body.toString(), read.headers["x-nearbucket-region"]]).toEqual(["bytes", "lab"]);
    expect(await node.stop()).toBe(0);
  });
});

describe("shellWord", () => {
  it.each([
    ["plain/path-1.0", "plain/path-1.0"],
    ["a b", "'a b'"],
    ["it's", "'it'\\''s'"],
    ["", "''"],
    ["$HOME", "'$HOME'"],
  ])("%s is %s", (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});
