// The `keys` commands while a gateway runs: listing, audit log, and rotation of the encryption key.
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import knexFactory from "knex";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAdministration } from "../../src/administration.ts";
import { loadConfig } from "../../src/config/load.ts";
import { signedFetch } from "../support/sign.ts";
import { type RunCommand, runCommand, startCommand } from "./terminal.ts";

let data: string;
let demo: RunCommand;
let endpoint: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "nearbucket-keys-"));
  await start();
});
afterEach(async () => {
  await demo.stop();
  await rm(data, { recursive: true });
});

async function start(): Promise<void> {
  demo = startCommand(["demo", "--port", "0", "--region-count", "2", "--data", data]);
  endpoint = /listens on (http:\S+)/.exec(await demo.greeted)?.[1] ?? "";
}

const keys = (words: readonly string[], input = "") => runCommand(["keys", ...words, "--data", data], { input });
const listed = async () => JSON.parse((await keys(["list", "--json"])).out) as Record<string, unknown>[];
async function make(id: string, ...more: readonly string[]) {
  const secretAccessKey = `secret of ${id}`;
  const made = await keys(
    ["create", "--account", "alice", "--access-key", id, "--secret-key-stdin", ...more],
    secretAccessKey,
  );
  expect(made.code).toBe(0);
  return { made, send: signedFetch({ endpoint, accessKeyId: id, secretAccessKey }) };
}
const lineOf = ({ err }: { readonly err: string }) => JSON.parse(err) as Record<string, unknown>;

describe("nearbucket keys", () => {
  it("lists limits, state and the last use, and never a secret", async () => {
    const { send } = await make(
      "LIMITED",
      ...[
        "--read-only",
        "--bucket",
        "logs",
        "--bucket",
        "photos/2026/",
        "--network",
        "127.0.0.1",
        "--expires",
        "2999-01-31",
      ],
    );
    await make("PLAIN");
    expect((await send({ path: "/" })).status).toBe(200);
    expect((await send({ method: "PUT", path: "/logs" })).status).toBe(403);
    await keys(["disable", "PLAIN"]);
    // What was used is written when the gateway stops, at the latest.
    await demo.stop();
    await start();
    expect(await listed()).toMatchObject([
      {
        accessKeyId: "LIMITED",
        account: "alice",
        state: "active",
        lastUsedAt: expect.stringMatching(/^\d{4}-.*:00\.000Z$/),
        expiresAt: "2999-01-31T00:00:00.000Z",
        readOnly: true,
        buckets: ["logs", "photos/2026/"],
        networks: ["127.0.0.1"],
      },
      { accessKeyId: "PLAIN", state: "disabled" },
    ]);
    const { out } = await keys(["list"]);
    expect(out).toMatch(/^ACCESS KEY +ACCOUNT +CREATED +LAST USED +STATE +EXPIRES +LIMITS$/m);
    expect(out).toMatch(
      /^LIMITED +alice +\S+Z +\S+Z +active +2999-01-31T00:00Z +read-only bucket=logs bucket=photos\/2026\/ network=127\.0\.0\.1$/m,
    );
    expect(out).toMatch(/^PLAIN +alice +\S+Z +never +disabled +never +none$/m);
    expect(out).not.toContain("secret");
  });

  it("creates none with the id of the root key, which would never be looked up", async () => {
    const id = /access key\s+(\S+)/.exec(await demo.greeted)?.[1] ?? "";
    expect(await keys(["create", "--account", "alice", "--access-key", id])).toMatchObject({
      code: 1,
      err: expect.stringContaining("root key"),
    });
    expect(await listed()).toEqual([]);
  });

  it("disables and enables a key at once while the gateway runs", async () => {
    const { send } = await make("SWITCHED");
    expect((await send({ path: "/" })).status).toBe(200);
    expect((await keys(["disable", "SWITCHED"])).out).toBe("disabled SWITCHED\n");
    expect((await send({ path: "/" })).text).toContain("<Code>InvalidAccessKeyId</Code>");
    expect((await keys(["enable", "SWITCHED"])).out).toBe("enabled SWITCHED\n");
    expect((await send({ path: "/" })).status).toBe(200);
    for (const name of ["disable", "enable", "revoke"])
      expect(await keys([name, "NOBODY"])).toEqual({
        code: 1,
        out: "",
        err: "nearbucket: there is no access key NOBODY\n",
      });
  });

  it("writes a line for each change: who and what, never a secret; none for reading", async () => {
    const { made } = await make("AUDITED", "--read-only");
    const by = { audit: true, level: 30, user: "tester" };
    expect(lineOf(made)).toMatchObject({
      ...by,
      change: "keys create",
      accessKeyId: "AUDITED",
      account: "alice",
      scope: { readOnly: true },
    });
    expect(made.err).not.toContain("secret of");
    for (const name of ["disable", "enable", "revoke"])
      expect(lineOf(await keys([name, "AUDITED"]))).toMatchObject({
        ...by,
        change: `keys ${name}`,
        accessKeyId: "AUDITED",
      });
    expect(lineOf(await keys(["rotate-encryption"]))).toMatchObject({ ...by, change: "keys rotate-encryption" });
    expect((await keys(["list"])).err).toBe("");
  });
});

describe("nearbucket keys rotate-encryption", () => {
  const file = () => join(data, "encryption.key");

  it("encrypts all secrets again while a gateway serves, and can be repeated", async () => {
    const [one, two] = [await make("ONE"), await make("TWO")];
    expect((await one.send({ path: "/" })).status).toBe(200);
    const [before] = await listed();
    expect((await keys(["rotate-encryption"])).out).toMatch(
      /^sealed 2 secrets anew with the encryption key [0-9a-f]{16}\n$/,
    );
    const [after, other] = await listed();
    expect(after?.["sealedBy"]).not.toBe(before?.["sealedBy"]);
    expect(other?.["sealedBy"]).toBe(after?.["sealedBy"]);
    // The gateway has met neither of these seals, nor the key that made them.
    for (const { send } of [one, two]) expect((await send({ path: "/" })).status).toBe(200);
    expect((await keys(["rotate-encryption"])).out).toContain("sealed 2 secrets anew");
    for (const { send } of [one, two]) expect((await send({ path: "/" })).status).toBe(200);
    expect((await (await make("THREE")).send({ path: "/" })).status).toBe(200);
    expect(await readFile(file(), "utf8")).toMatch(/^(\S{44}\n){3}$/);
    await demo.stop();
    await start();
    const again = signedFetch({ endpoint, accessKeyId: "ONE", secretAccessKey: "secret of ONE" });
    expect((await again({ path: "/" })).status).toBe(200);
  });

  it("continues after an interruption, with the new key in the file and some secrets encrypted with it", async () => {
    const [one, two] = [await make("ONE"), await make("TWO")];
    // A line that was not written to its end, then a key that sealed one of two secrets.
    await appendFile(file(), "half a li");
    await keys(["rotate-encryption"]);
    await appendFile(file(), "\na newer key, of a run that was cut\n");
    expect((await keys(["rotate-encryption"])).code).toBe(0);
    for (const { send } of [one, two]) expect((await send({ path: "/" })).status).toBe(200);
    expect(new Set((await listed()).map(({ sealedBy }) => sealedBy)).size).toBe(1);
  });

  it("opens with keys of the configuration, the newest first, and seals with the newest", async () => {
    const yaml = `metadata: { kind: sqlite, file: ${join(data, "own.sqlite")} }
rootKey: { accessKeyId: ROOT, secretAccessKey: root-secret }
regions: [{ name: here, latitude: 0, longitude: 0 }]
backends: [{ kind: memory, name: m, region: here }]
copies: 1
`;
    const config = join(data, "nearbucket.yaml");
    const run = async (keysYaml: string, ...words: string[]) => {
      await writeFile(config, yaml + keysYaml);
      return runCommand(["keys", ...words, "--config", config]);
    };
    const [former, newer] = ["the former encryption key", "the newer encryption key"];
    await run(`encryptionKey: ${former}\n`, "create", "--account", "a", "--access-key", "ONE");
    const without = await run(`encryptionKey: ${newer}\n`, "rotate-encryption");
    expect([without.code, without.err]).toEqual([
      1,
      expect.stringMatching(/^nearbucket: ONE: a stored secret does not open/),
    ]);
    const both = `encryptionKey: ${newer}\npreviousEncryptionKeys: [${former}]\n`;
    expect((await run(both, "rotate-encryption")).out).toContain("sealed 1 secret anew");
    expect((await run(both, "rotate-encryption")).out).toContain("sealed 0 secrets anew");
    await writeFile(config, `${yaml}encryptionKey: ${newer}\n`);
    const administration = await openAdministration(await loadConfig(config, {}));
    const key = await administration.metadata.accounts.findKey("ONE");
    expect(key && administration.box.unseal(key)).toMatch(/^\S{40}$/);
    await administration.close();
  });
});

describe("a database of the first version", () => {
  it("is left alone by every command, and so is the key file", async () => {
    await make("ONE");
    await demo.stop();
    const connection = { filename: join(data, "metadata.sqlite") };
    const knex = knexFactory({ client: "sqlite3", connection, useNullAsDefault: true });
    await knex("schema_migrations").where("version", ">", 1).delete();
    await knex.destroy();
    const file = await readFile(join(data, "encryption.key"), "utf8");
    const refused = { code: 1, err: expect.stringMatching(/has schema 1, this program knows \d+: stop the older/) };
    for (const words of [["list"], ["disable", "ONE"], ["rotate-encryption"]])
      expect(await keys(words)).toMatchObject(refused);
    expect(await runCommand(["stats", "--data", data])).toMatchObject(refused);
    expect(await readFile(join(data, "encryption.key"), "utf8")).toBe(file);
  });
});
