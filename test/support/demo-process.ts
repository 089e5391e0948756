/** The demo as a person starts it: the built program in a process of its own, over nodes. Needs `npm run build`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { readCredentials } from "../../src/cli/credentials-file.ts";
import type { Credentials } from "./gateway.ts";
import { freePort, startServerProcess } from "./server-process.ts";

export interface DemoProcess extends AsyncDisposable {
  readonly url: string;
  readonly key: Credentials;
  /** The one-time link of the greeting. */
  readonly link: string;
}

const MAIN = fileURLToPath(new URL("../../dist/start.cjs", import.meta.url));

/** `more`: words behind the command's own. */
export async function startDemoProcess(regionCount = 3, more: readonly string[] = []): Promise<DemoProcess> {
  const [data, port] = [await mkdtemp(join(tmpdir(), "nearbucket-demo-")), await freePort()];
  const words = ["demo", "--port", String(port), "--region-count", String(regionCount), "--data", data, ...more];
  const url = `http://127.0.0.1:${port}`;
  const server = await startServerProcess({
    path: process.execPath,
    arguments: [MAIN, ...words],
    readyUrl: `${url}/-/ready`,
  });
  const key = await readCredentials(join(data, "credentials"));
  const link = await linkIn(server.said);
  if (key === undefined || link === undefined) throw new Error(`the demo greets without key or link: ${server.said()}`);
  return {
    url,
    key,
    link,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(data, { recursive: true });
    },
  };
}

/** The greeting is printed once the gateway serves, which is a moment after it is ready. */
async function linkIn(said: () => string): Promise<string | undefined> {
  const link = () => /http:\S+\/-\/#sign-in=[\w-]{43}/.exec(said())?.[0];
  await vi.waitFor(() => expect(link()).toBeDefined(), { timeout: 30_000, interval: 20 });
  return link();
}
