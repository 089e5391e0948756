/**
 * A MinIO server as a child that never outlives this process: a shell beside it waits for the end of a pipe that only
 * we hold open, and then sends SIGTERM. The server has a session of its own, so that Ctrl-C reaches us first and
 * requests under way can finish.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KeyPair } from "../random-key.ts";
import type { Terminal } from "./terminal.ts";

export interface MinioServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface MinioOptions {
  /** Its data and its log. */
  readonly directory: string;
  readonly rootKey: KeyPair;
  readonly env: Terminal["env"];
}

// Shell builtins only: PATH may hold no other program.
const GUARD =
  'command -v "$1" >/dev/null || exit 127; "$@" & server=$!; (read -r _ <&3; kill -TERM $server) & wait $server';
const READY_WITHIN_MS = 30_000;

/** Starts `minio` from PATH and waits until it is ready. Throws when PATH has none, or when it ends or stays silent. */
export async function startMinio({ directory, rootKey, env }: MinioOptions): Promise<MinioServer> {
  const port = await freePort();
  await mkdir(join(directory, "data"), { recursive: true });
  const logFile = join(directory, "minio.log");
  const log = openSync(logFile, "a");
  const server = spawn(
    "/bin/sh",
    ["-c", GUARD, "sh", "minio", "server", join(directory, "data"), "--address", `127.0.0.1:${port}`],
    {
      detached: true,
      env: {
        ...env,
        MINIO_ROOT_USER: rootKey.accessKeyId,
        MINIO_ROOT_PASSWORD: rootKey.secretAccessKey,
        MINIO_BROWSER: "off",
        MINIO_UPDATE: "off",
      },
      stdio: ["ignore", log, log, "pipe"],
    },
  );
  closeSync(log);
  const started = { port, close: () => stop(server) };
  try {
    await ready(server, port, logFile);
    return started;
  } catch (error) {
    await started.close();
    throw error;
  }
}

async function ready(server: ChildProcess, port: number, logFile: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (server.exitCode === 127) throw new Error("there is no minio on PATH: install it, or start without --minio");
    if (server.exitCode !== null) throw new Error(`minio ended with code ${server.exitCode}: see ${logFile}`);
    const answer = await fetch(`http://127.0.0.1:${port}/minio/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answer) return;
    await delay(50);
  }
  throw new Error(`minio was not ready within ${READY_WITHIN_MS / 1000} s: see ${logFile}`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.stdio[3]?.destroy();
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}
