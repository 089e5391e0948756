// Links to the console from the command line, beside a running gateway.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCredentials } from "../../src/cli/credentials-file.ts";
import { apiClient } from "../support/api.ts";
import { startTestGateway } from "../support/gateway.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type RunCommand, runCommand, startCommand } from "./terminal.ts";

let data: string;
let demo: RunCommand;
let greeting: string;
let url: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "nearbucket-console-"));
  demo = startCommand(["demo", "--port", "0", "--region-count", "2", "--data", data]);
  greeting = await demo.greeted;
  url = /listens on (http:\S+)/.exec(greeting)?.[1] ?? "";
});
afterAll(async () => {
  await demo.stop();
  await rm(data, { recursive: true });
});

const LINK = /(http:\/\/[^/\s]+)\/-\/#sign-in=([\w-]{43})$/m;

async function signIn(text: string) {
  const [, , token = ""] = LINK.exec(text) ?? [];
  const key = await readCredentials(`${data}/credentials`);
  if (key === undefined) throw new Error("the demo has no key");
  const { status, document } = await apiClient({ url, ...key })("POST", "/sign-in", {
    ...{ authentication: "anonymous", body: { token } },
  });
  return { status, document, key };
}

describe("nearbucket console", () => {
  it("prints a link that signs in as the root key, once", async () => {
    const { code, out, err } = await runCommand(["console", "--data", data]);
    expect(code).toBe(0);
    expect(LINK.exec(out)?.[1]).toBe(url);
    const { status, document, key } = await signIn(out);
    expect(status).toBe(201);
    expect((await apiClient({ url, ...key }, document)("GET", "/me")).document).toMatchObject({
      ...{ account: "root", operator: true, sessionOf: key.accessKeyId },
    });
    expect((await signIn(out)).status).toBe(410);
    expect(JSON.parse(err)).toMatchObject({ audit: true, change: "console", accessKeyId: key.accessKeyId });
    expect(err).not.toContain(LINK.exec(out)?.[2]);
    const { out: listed } = await runCommand(["keys", "list", "--data", data]);
    expect(listed).toContain(`session-of=${key.accessKeyId}`);
  });

  it("asks a running gateway for a link, which signs in as the key that asked", async () => {
    const key = await readCredentials(`${data}/credentials`);
    const env = { AWS_ACCESS_KEY_ID: key?.accessKeyId, AWS_SECRET_ACCESS_KEY: key?.secretAccessKey };
    const { code, out, err } = await runCommand(["console", "--endpoint", url], { env });
    expect([code, err]).toEqual([0, ""]);
    expect(LINK.exec(out)?.[1]).toBe(url);
    expect(out).toContain(`signs in as the key ${key?.accessKeyId}, once`);
    expect((await signIn(out)).status).toBe(201);
    expect((await signIn(out)).status).toBe(410);
    const asked = await runCommand(["console", "--endpoint", url, "--gateway", "https://s3.example.org", "--json"], {
      env,
    });
    const { url: link, accessKeyId } = JSON.parse(asked.out);
    expect([link, accessKeyId]).toEqual([
      expect.stringMatching(/^https:\/\/s3\.example\.org\/-\/#sign-in=/),
      key?.accessKeyId,
    ]);
  });

  it("takes another address for the gateway", async () => {
    const { out } = await runCommand(["console", "--data", data, "--gateway", "https://files.example.org/"]);
    expect(out).toMatch(/^https:\/\/files\.example\.org\/-\/#sign-in=/);
    const { code, err } = await runCommand(["console", "--data", data, "--gateway", "files.example.org"]);
    expect(code).toBe(1);
    expect(err).toContain("expected http://host[:port]");
  });

  it("stands in no greeting of a demo without a console", async () => {
    const other = await temporaryDirectory();
    const words = ["demo", "--port", "0", "--region-count", "2", "--data", other, "--set", "console=false"];
    const without = startCommand(words);
    const said = await without.greeted;
    await without.stop();
    expect(said).toContain("In another shell");
    expect(said).not.toContain("sign-in");
  });

  it("prints none where the configuration says that there is no console", async () => {
    await using gateway = await startTestGateway();
    const { directory, accessKeyId, secretAccessKey } = gateway;
    const regions = [{ name: "here", latitude: 0, longitude: 0 }];
    const backends = [{ kind: "memory", name: "store", region: "here" }];
    const rest = { encryptionKey: "a key for tests, sixteen and more", copies: 1, console: false };
    const rootKey = { accessKeyId, secretAccessKey };
    const config = `${data}/nearbucket.yaml`;
    await writeFile(config, JSON.stringify({ dataDirectory: directory, rootKey, regions, backends, ...rest }));
    const { code, out, err } = await runCommand(["console", "--config", config]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("it has no console");
  });

  it("stands in the greeting of the demo", async () => {
    expect((await signIn(greeting)).status).toBe(201);
    expect((await signIn(greeting)).status).toBe(410);
  });
});
