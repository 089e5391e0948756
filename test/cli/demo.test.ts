// The demo in this process: its output, the data that it keeps, and the options that it refuses.
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readCredentials } from "../../src/cli/credentials-file.ts";
import { freePort, startServerProcess } from "../support/server-process.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runCommand, startCommand } from "./terminal.ts";

/** Of `npm run build`. */
const MAIN = fileURLToPath(new URL("../../dist/start.cjs", import.meta.url));

const urlOf = (greeting: string) => /listens on (http:\S+)/.exec(greeting)?.[1] ?? "";

describe("nearbucket demo", () => {
  it("serves over five nodes, stores its key for its owner only, and keeps key and data over a restart", async () => {
    const data = await temporaryDirectory();
    const first = startCommand(["demo", "--port", "0", "--data", data]);
    const greeting = await first.greeted;
    const credentials = join(data, "credentials");
    const key = await readCredentials(credentials);
    expect(greeting).toContain("over 5 nodes: new-york, toronto, singapore, bangalore, amsterdam\n");
    expect(greeting).toContain(key?.secretAccessKey);
    for (const file of [credentials, join(data, "curl.conf"), join(data, "env")])
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    // Others can read a command line: the secret stands in none.
    const commands = greeting.split("\n").filter((line) => /^(?:(?:\.|head|curl) |nearbucket stats$)/.test(line));
    expect(commands.length).toBe(4);
    expect(commands.join()).not.toContain(key?.secretAccessKey);
    const ready = await (await fetch(`${urlOf(greeting)}/-/ready`)).json();
    const names = ["new-york", "toronto", "singapore", "bangalore", "amsterdam"];
    expect(ready).toMatchObject({ writes: true, backends: Object.fromEntries(names.map((name) => [name, "up"])) });
    const send = signedFetch({
      endpoint: urlOf(greeting),
      accessKeyId: key?.accessKeyId ?? "",
      secretAccessKey: key?.secretAccessKey ?? "",
    });
    expect((await send({ method: "PUT", path: "/demo/kept", body: "kept" })).status).toBe(200);
    expect(await first.stop()).toBe(0);

    const second = startCommand(["demo", "--port", "0", "--data", data]);
    const again = signedFetch({
      endpoint: urlOf(await second.greeted),
      accessKeyId: key?.accessKeyId ?? "",
      secretAccessKey: key?.secretAccessKey ?? "",
    });
    expect((await again({ path: "/demo/kept" })).body.toString()).toBe("kept");
    expect(await second.stop()).toBe(0);
    expect([first.complained(), second.complained()]).toEqual(["", ""]);
  });

  it("takes the root key from the environment, and the number of regions from an option", async () => {
    const data = await temporaryDirectory();
    const env = { NEARBUCKET_ROOT_ACCESS_KEY: "FROMENV", NEARBUCKET_ROOT_SECRET_KEY: "from-environment" };
    const demo = startCommand(["demo", "--port", "0", "--region-count", "2"], {
      env: { ...env, NEARBUCKET_DATA: data },
    });
    const greeting = await demo.greeted;
    expect(greeting).toContain("over 2 nodes");
    expect(await readCredentials(join(data, "credentials"))).toEqual({
      accessKeyId: "FROMENV",
      secretAccessKey: "from-environment",
    });
    const send = signedFetch({
      endpoint: urlOf(greeting),
      accessKeyId: "FROMENV",
      secretAccessKey: "from-environment",
    });
    expect((await send({ path: "/demo" })).status).toBe(200);
    expect(await demo.stop()).toBe(0);
  });

  it("works together with stats and keys: a created key works at once, and a revoked one does not", async () => {
    const data = await temporaryDirectory();
    const demo = startCommand(["demo", "--port", "0", "--region-count", "2", "--data", data]);
    const endpoint = urlOf(await demo.greeted);
    const key = { accessKeyId: "ALICEKEY", secretAccessKey: "alice-secret" };
    const made = await runCommand(
      ["keys", "create", "--account", "alice", "--access-key", "ALICEKEY", "--secret-key-stdin", "--data", data],
      { input: "alice-secret" },
    );
    expect(made).toMatchObject({
      code: 0,
      out: "[alice]\naws_access_key_id = ALICEKEY\naws_secret_access_key = alice-secret\n",
    });
    const alice = signedFetch({ endpoint, ...key });
    expect((await alice({ method: "PUT", path: "/alices" })).status).toBe(200);
    expect((await alice({ method: "PUT", path: "/alices/one", body: "same" })).status).toBe(200);
    expect((await alice({ method: "PUT", path: "/alices/two", body: "same" })).status).toBe(200);
    const { findings } = JSON.parse((await runCommand(["doctor", "--json", "--data", data])).out);
    // Its backends are known to its gateway alone, which looks at them.
    expect(findings).toContainEqual(expect.objectContaining({ level: "ok", check: "exchange", subject: "toronto" }));
    const stats: unknown = JSON.parse((await runCommand(["stats", "--json", "--data", data])).out);
    expect(stats).toMatchObject({
      objects: 2,
      blobs: 1,
      replicas: 2,
      logicalBytes: 8,
      storedBytes: 8,
      dedupRatio: 2,
      underReplicated: 0,
    });
    expect((await runCommand(["stats", "--data", data])).out).toMatch(/^objects +2$/m);
    expect((await runCommand(["keys", "list", "--data", data])).out).toMatch(/^ALICEKEY +alice +\d{4}-/m);
    expect((await alice({ path: "/demo" })).status).toBe(403);
    expect((await runCommand(["keys", "revoke", "ALICEKEY", "--data", data])).out).toBe("revoked ALICEKEY\n");
    expect((await alice({ path: "/alices" })).body.toString()).toContain("<Code>InvalidAccessKeyId</Code>");
    expect(await runCommand(["keys", "revoke", "ALICEKEY", "--data", data])).toEqual({
      code: 1,
      out: "",
      err: "nearbucket: there is no access key ALICEKEY\n",
    });
    const random: unknown = JSON.parse(
      (await runCommand(["keys", "create", "--account", "bob", "--redirect", "off", "--json", "--data", data])).out,
    );
    expect(random).toMatchObject({
      account: "bob",
      accessKeyId: expect.stringMatching(/^NB[A-Z2-7]{18}$/),
      secretAccessKey: expect.stringMatching(/^.{40}$/),
    });
    expect(JSON.parse((await runCommand(["keys", "list", "--json", "--data", data])).out)).toMatchObject([
      { account: "bob", redirect: "off" },
    ]);
    expect(await demo.stop()).toBe(0);
  });

  it("refuses a directory that holds another kind of demo, and half a root key", async () => {
    const data = await temporaryDirectory();
    await writeFile(join(data, "stores.txt"), "minio\n");
    expect(await runCommand(["demo", "--port", "0", "--data", data])).toEqual({
      code: 1,
      out: "",
      err: `nearbucket: ${data} holds a demo over minio: give another --data for one over nodes\n`,
    });
    const half = await runCommand(["demo", "--port", "0", "--data", await temporaryDirectory()], {
      env: { NEARBUCKET_ROOT_ACCESS_KEY: "ONLY" },
    });
    expect([half.code, half.err]).toEqual([
      1,
      "nearbucket: set NEARBUCKET_ROOT_ACCESS_KEY and NEARBUCKET_ROOT_SECRET_KEY together, or neither\n",
    ]);
  });

  it("takes another directory when the default one has the other kind", async () => {
    const parent = await temporaryDirectory();
    const minio = await runCommand(["demo", "--minio", "--port", "0"], {
      directory: parent,
      env: { PATH: "/nowhere" },
    });
    expect([minio.code, minio.err]).toEqual([
      1,
      "nearbucket: there is no minio on PATH: install it, or start without --minio\n",
    ]);
    const nodes = startCommand(["demo", "--port", "0", "--region-count", "2"], { directory: parent });
    await nodes.greeted;
    expect(await nodes.stop()).toBe(0);
    expect(await readFile(join(parent, "nearbucket-data-nodes", "stores.txt"), "utf8")).toBe("nodes\n");
  });

  it("says in one line that its port is taken, and stops its nodes", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const address = taken.address();
    const port = String(typeof address === "object" ? address?.port : "");
    const demo = await runCommand([
      "demo",
      "--port",
      port,
      "--region-count",
      "2",
      "--data",
      await temporaryDirectory(),
    ]);
    expect([demo.code, demo.err]).toEqual([
      1,
      `nearbucket: listen: cannot listen on 127.0.0.1:${port}: another program has this port (EADDRINUSE)\n`,
    ]);
    await new Promise((resolve) => taken.close(resolve));
  });

  it("prints its greeting and nothing else: what it changes on its own nodes is no news", async () => {
    const port = await freePort();
    const words = ["demo", "--port", String(port), "--region-count", "2", "--data", await temporaryDirectory()];
    await using demo = await startServerProcess({
      path: process.execPath,
      arguments: [MAIN, ...words],
      readyUrl: `http://127.0.0.1:${port}/-/ready`,
    });
    await expect.poll(demo.said).toContain("listens on");
    expect(await demo.stop()).toBe(0);
    expect(demo.said()).toMatch(/^\nnearbucket listens on /);
    expect(demo.said()).not.toContain('"level"');
  });

  it("refuses a directory on which another demo runs, and takes it once that was killed", async () => {
    const [data, port] = [await temporaryDirectory(), await freePort()];
    const words = ["demo", "--region-count", "2", "--data", data, "--port"];
    const readyUrl = `http://127.0.0.1:${port}/-/ready`;
    await using running = await startServerProcess({
      path: process.execPath,
      arguments: [MAIN, ...words, String(port)],
      readyUrl,
    });
    expect(await runCommand([...words, "0"])).toEqual({
      code: 1,
      out: "",
      err: `nearbucket: another demo runs on ${data}: stop it, or give another --data\n`,
    });
    expect((await fetch(readyUrl)).status).toBe(200);
    expect(await running.stop("SIGKILL")).toBe("SIGKILL");
    const next = startCommand([...words, "0"]);
    await next.greeted;
    expect((await runCommand([...words, "0"])).err).toContain("another demo runs on");
    expect(await next.stop()).toBe(0);
  });
});
