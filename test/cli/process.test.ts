// The real program and what its surroundings do to it: a reader that has enough, Ctrl-C while it waits for an answer.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { overwriting } from "../../src/cli/terminal.ts";
import { ROOT } from "../docs/examples.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const KEY = { AWS_ACCESS_KEY_ID: "KEY", AWS_SECRET_ACCESS_KEY: "a-secret-of-some-length" };

function start(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const started = spawn(process.execPath, [join(ROOT, "dist/start.cjs"), ...words], { env, cwd: "/" });
  onTestFinished(() => void started.kill("SIGKILL"));
  return started;
}

it("ends without a word when nobody reads on, as with head", async () => {
  const env = { NEARBUCKET_ROOT_ACCESS_KEY: "KEY", NEARBUCKET_ROOT_SECRET_KEY: "a-secret-of-some-length" };
  const data = await temporaryDirectory();
  const started = start(["node", "--data", data, "--port", "0", "--log-level", "silent"], env);
  started.stdout.destroy();
  const [said, [code]] = await Promise.all([text(started.stderr), once(started, "exit")]);
  expect([said, code]).toEqual(["", 141]);
});

it("ends at the first Ctrl-C while it waits for an answer", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await once(silent, "listening");
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const started = start(["status", "--endpoint", `http://127.0.0.1:${port}`], KEY);
  const [socket] = await once(silent, "connection");
  onTestFinished(() => void socket.destroy());
  started.kill("SIGINT");
  expect(await once(started, "exit")).toEqual([null, "SIGINT"]);
});

it("says its name as it was called, in the commands to go on with", async () => {
  const directory = await temporaryDirectory();
  const called = join(directory, "nearbucket");
  await symlink(join(ROOT, "dist/start.cjs"), called);
  const stores = ["one", "two"].map((name) => ({ directory: join(directory, name) }));
  await writeFile(join(directory, "answers.json"), JSON.stringify({ stores }));
  const words = [called, "init", "--answers", "answers.json"];
  const started = spawn(process.execPath, words, { env: {}, cwd: directory });
  const [said, [code]] = await Promise.all([text(started.stdout), once(started, "exit")]);
  expect([code, said.trimEnd().split("\n").at(-1)]).toEqual([0, "nearbucket serve --config ./nearbucket.yaml"]);
});

it("writes no line over another that is wider than the terminal", () => {
  expect(overwriting("a: 4 blobs", 80)).toBe("\r\u001b[2Ka: 4 blobs");
  expect(overwriting("a: 4 blobs", 6)).toBe("\r\u001b[2Ka: 4 ");
});
