// Stores are told, tried and written down; what is written starts a gateway.
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runCommand, startCommand } from "./terminal.ts";

async function told(stores: readonly object[]) {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "answers.json"), JSON.stringify({ stores, port: 0 }));
  return { directory, words: ["init", "--answers", "answers.json"] };
}

const variables = (text: string) =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map((match) => [match[1], match[2] ?? ""]));

it("writes files for their owner only, from which a gateway starts over what was told", async () => {
  await using store = await startTestGateway();
  const service = { endpoint: store.url, accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  const { directory, words } = await told([
    { ...service, name: "amsterdam", node: true },
    { directory: "disk two", name: "two", latitude: 1, longitude: 2 },
  ]);
  const made = await runCommand(words, { directory });
  expect([made.code, made.err]).toEqual([0, ""]);
  expect(made.out).toMatch(
    /^set -a; \. \.\/nearbucket\.env; set \+a\nnearbucket serve --config \.\/nearbucket\.yaml$/m,
  );
  for (const file of ["nearbucket.yaml", "nearbucket.env"])
    expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  const yaml = await readFile(join(directory, "nearbucket.yaml"), "utf8");
  expect(yaml).toMatch(/name: amsterdam\n\s+latitude: 52\.37/);
  expect(yaml).not.toContain(store.secretAccessKey);
  const env = variables(await readFile(join(directory, "nearbucket.env"), "utf8"));
  const gateway = startCommand(["serve", "--config", "nearbucket.yaml", "--set", "log.level=silent"], {
    directory,
    env,
  });
  const endpoint = /listens on (http:\S+)/.exec(await gateway.greeted)?.[1] ?? "";
  const key = {
    accessKeyId: env["NEARBUCKET_ROOT_ACCESS_KEY"] ?? "",
    secretAccessKey: env["NEARBUCKET_ROOT_SECRET_KEY"] ?? "",
  };
  const send = signedFetch({ endpoint, ...key });
  expect((await send({ method: "PUT", path: "/bucket" })).status).toBe(200);
  expect((await send({ method: "PUT", path: "/bucket/key", body: "bytes" })).status).toBe(200);
  expect(await gateway.stop()).toBe(0);
});

it("overwrites neither file, and asks and tries nothing before it says so", async () => {
  const { directory, words } = await told([{ directory: "a" }, { directory: "b" }]);
  await writeFile(join(directory, "nearbucket.env"), "mine");
  expect(await runCommand(words, { directory })).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("is there already"),
  });
  expect(await readFile(join(directory, "nearbucket.env"), "utf8")).toBe("mine");
});

it("writes nothing when a store cannot be used, and says what was found", async () => {
  const service = { endpoint: "http://127.0.0.1:1", accessKeyId: "KEY", secretAccessKey: "never-said-secret" };
  const { directory, words } = await told([{ directory: "a" }, service]);
  const made = await runCommand(words, { directory });
  expect(made).toMatchObject({ code: 1, err: expect.stringContaining("nothing is written") });
  expect(made.out).toContain("ECONNREFUSED");
  expect(made.out + made.err).not.toContain("never-said-secret");
  expect((await readdir(directory)).filter((name) => name.startsWith("nearbucket."))).toEqual([]);
});

it("names every fault of the answers", async () => {
  const { directory, words } = await told([{ directory: "a" }]);
  expect((await runCommand(words, { directory })).err).toContain("stores: ");
});

it.each([
  ["nope{", "answers.json is not JSON"],
  [undefined, "cannot read the answers: ENOENT"],
  ['{"stores":[{"directory":"a"},{"directory":"b"}],"more":1}', "the answers: Unrecognized key"],
])("says what is wrong with answers such as %s", async (text, words) => {
  const directory = await temporaryDirectory();
  if (text !== undefined) await writeFile(join(directory, "answers.json"), text);
  const { code, err } = await runCommand(["init", "--answers", "answers.json"], { directory });
  expect([code, err]).toEqual([1, expect.stringContaining(words)]);
});

it("asks for stores until there are two, with names that it proposes", async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "disk one"));
  const typed = ["disk one", "", "", "50,8", "", "other/disk one", "", "far", "", ""];
  const made = await runCommand(["init"], { directory, typed });
  expect([made.code, made.err]).toEqual([0, ""]);
  expect(made.out).toContain("name [disk-one-2]");
  expect(made.out).toContain("Two stores are needed.");
  const yaml = await readFile(join(directory, "nearbucket.yaml"), "utf8");
  expect(yaml).toMatch(/name: disk-one\n\s+latitude: 50\n\s+longitude: 8/);
  expect(yaml).toMatch(/name: disk-one-2\n\s+region: far/);
});

it("asks once more after a name, a place or a store that cannot be, and forgets none of the others", async () => {
  const directory = await temporaryDirectory();
  const wrong = ["two", "No Name", "", "", "two", "", "", "north", "one/within", "", "", ""];
  const typed = ["one", "", "", "", ...wrong, "two", "", "", "", ""];
  const made = await runCommand(["init"], { directory, typed });
  expect([made.code, made.err]).toEqual([0, ""]);
  expect(made.out.match(/is left out\. Once more:/g)).toHaveLength(3);
  expect(made.out).toContain("latitude: expected number, received NaN");
  expect(await readFile(join(directory, "nearbucket.yaml"), "utf8")).toMatch(/name: one\n(.*\n)*.*name: two\n/);
});

it("takes no store twice, because two names for it are not two copies", async () => {
  const { directory, words } = await told([{ directory: "a" }, { directory: "a" }]);
  expect(await runCommand(words, { directory })).toMatchObject({
    code: 1,
    err: expect.stringContaining("backends[1].directory: expected a disk of its own"),
  });
  expect(await readdir(directory)).not.toContain("nearbucket.yaml");
});

it("takes no service twice either", async () => {
  await using store = await startTestGateway();
  const service = { endpoint: store.url, accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  const { directory, words } = await told([
    { ...service, name: "a" },
    { ...service, name: "b", endpoint: `${store.url}/` },
  ]);
  const { code, err } = await runCommand(words, { directory });
  expect([code, err]).toEqual([1, expect.stringContaining("b is the same store as a")]);
});

it("says what to do where there is no terminal", async () => {
  expect(await runCommand(["init"], { directory: await temporaryDirectory() })).toMatchObject({
    code: 1,
    err: "nearbucket: there is no terminal to ask on: give --answers FILE\n",
  });
});
