/**
 * A server program for a test or the bench: starts it, waits until it answers, and keeps its output for error messages.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { scheduler } from "node:timers/promises";

export interface ServerProgram {
  readonly path: string;
  readonly arguments: readonly string[];
  /** Added to PATH and HOME; nothing else of this process's environment reaches it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 200 once the server can serve. */
  readonly readyUrl: string;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** The last it printed on both streams, 64 KiB at most. */
  said(): string;
  /** Resolves with the exit code (or the signal's name) when it is gone. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<number | string>;
}

const READY_WITHIN_MS = 30_000;
const KEPT = 64 * 1024;

/** Rejects when it exits before it is ready, or is not ready within 30 s. */
export async function startServerProcess(program: ServerProgram): Promise<ServerProcess> {
  const child = spawn(program.path, program.arguments, {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...program.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let over: number | string | undefined;
  const keep = (text: string): void => {
    said = (said + text).slice(-KEPT);
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", keep);
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?"));
  }).then((how) => {
    over = how;
    return how;
  });
  const stop = (signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | string> => {
    child.kill(signal);
    return ended;
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(program.readyUrl))) {
    if (over !== undefined) throw new Error(`${program.path} ended with ${over} before it was ready:\n${said}`);
    if (Date.now() > deadline) {
      await stop("SIGKILL");
      throw new Error(`${program.path} was not ready within ${READY_WITHIN_MS / 1000} s:\n${said}`);
    }
    await scheduler.wait(10);
  }
  return {
    pid: child.pid ?? 0,
    said: () => said,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** Below the ports that systems give to connections and to listeners that take any: none of these comes in between. */
const PORTS = { from: 15_000, count: 16_000 };

/** A port of 127.0.0.1 that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("no port");
}

async function answers(url: string): Promise<boolean> {
  const reply = await fetch(url).catch(() => undefined);
  await reply?.body?.cancel();
  return reply?.ok === true;
}
