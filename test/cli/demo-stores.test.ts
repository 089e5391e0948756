// The keys of the demo's backends: none is the gateway's root key, and over MinIO the key that signs redirects can only
// read.
import { randomBytes } from "node:crypto";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCredentials } from "../../src/cli/credentials-file.ts";
import type { KeyPair } from "../../src/random-key.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type RunCommand, startCommand } from "./terminal.ts";

async function keyIn(...path: readonly string[]): Promise<KeyPair> {
  const key = await readCredentials(join(...path));
  if (key === undefined) throw new Error(`there is no ${path.join("/")}`);
  return key;
}

const content = randomBytes(1024 ** 2);

/** Where a read of what was just written is redirected to. */
async function redirectOf(demo: RunCommand, data: string): Promise<URL> {
  const endpoint = /listens on (http:\S+)/.exec(await demo.greeted)?.[1] ?? "";
  const send = signedFetch({ endpoint, ...(await keyIn(data, "credentials")) });
  expect((await send({ method: "PUT", path: "/demo/big", body: content })).status).toBe(200);
  const answer = await send({ path: "/demo/big?x-nearbucket-redirect=always" });
  expect(answer.status, String(answer.headers["x-nearbucket-served"])).toBe(307);
  return new URL(String(answer.headers["location"]));
}

const signerOf = ({ searchParams }: URL) => searchParams.get("X-Amz-Credential")?.split("/")[0];

describe("a demo over nodes", () => {
  it("gives the nodes a key of their own and keeps it", async () => {
    const data = await temporaryDirectory();
    const ids: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      const demo = startCommand(["demo", "--port", "0", "--region-count", "2", "--data", data]);
      await demo.greeted;
      ids.push((await keyIn(data, "nodes", "credentials")).accessKeyId);
      expect(await demo.stop()).toBe(0);
    }
    expect(new Set(ids)).toHaveLength(1);
    expect(ids).not.toContain((await keyIn(data, "credentials")).accessKeyId);
  });
});

describeWith(["minio", "mc"], "a demo over MinIO", () => {
  /** A directory to be PATH, with these programs and a shell's. */
  async function pathWith(...programs: readonly string[]): Promise<string> {
    const path = join(await temporaryDirectory(), "bin");
    await mkdir(path);
    for (const name of programs) await symlink(neededProgram(name), join(path, name));
    return `${path}:/bin:/usr/bin`;
  }
  const start = (data: string, PATH: string) =>
    startCommand(["demo", "--minio", "--port", "0", "--data", data], { env: { PATH, HOME: data } });

  it("signs redirects by a user that only reads, where mc is there", { timeout: 60_000 }, async () => {
    const data = await temporaryDirectory();
    const demo = start(data, await pathWith("minio", "mc"));
    const url = await redirectOf(demo, data);
    expect(signerOf(url)).toBe((await keyIn(data, "minio", "redirect-credentials")).accessKeyId);
    expect(content.equals(Buffer.from(await (await fetch(url)).arrayBuffer()))).toBe(true);
    const redirectKey = await keyIn(data, "minio", "redirect-credentials");
    const send = signedFetch({ endpoint: url.origin.replace("localhost", "127.0.0.1"), ...redirectKey });
    expect((await send({ method: "DELETE", path: url.pathname })).status).toBe(403);
    expect(await demo.stop()).toBe(0);
    expect(demo.complained()).toBe("");
  });

  it("prints a message when mc is missing, and uses the stores' root key", { timeout: 60_000 }, async () => {
    const data = await temporaryDirectory();
    const demo = start(data, await pathWith("minio"));
    const url = await redirectOf(demo, data);
    const root = await keyIn(data, "minio", "credentials");
    expect(signerOf(url)).toBe(root.accessKeyId);
    expect(root.accessKeyId).not.toBe((await keyIn(data, "credentials")).accessKeyId);
    expect(await demo.stop()).toBe(0);
    expect(demo.complained()).toBe(
      "nearbucket: there is no mc of MinIO on PATH: redirects are signed by a key that may also write\n",
    );
  });
});
