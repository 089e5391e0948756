/**
 * The load on small objects: presigned request targets, replayed as fast as they are answered. Uses wrk when it is on
 * PATH, because it costs the least, else a process on node:http; the same one for both sides of a comparison. A refused
 * or broken request is an error.
 */
import { fork } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../support/run.ts";
import type { Sample } from "./comparison.ts";
import { processorTimeOf } from "./processor-time.ts";

export interface Replay {
  /** `http://host:port` */
  readonly origin: string;
  /** Path and query of each request. */
  readonly targets: readonly string[];
  readonly method: "GET" | "PUT";
  /** Sent with each request. */
  readonly body?: Buffer;
  /** Makes each body unlike any other, also of other replays: at most 16 letters. */
  readonly tag?: string;
  readonly seconds: number;
  /** 32 unless told. */
  readonly connections?: number;
}

export interface Replayed {
  readonly requests: number;
  readonly microseconds: number;
  /** Heads and bodies received. */
  readonly bytes: number;
  /** Answers with a status of 400 or more. */
  readonly refused: number;
  /** Connections that failed or timed out. */
  readonly broken: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

const SCRIPT = fileURLToPath(new URL("replay.lua", import.meta.url));
const PROCESS = fileURLToPath(new URL("replay-process.ts", import.meta.url));

/**
 * Requests per second, and what one cost the processes `pids`. Throws when one was refused or broke, or when an answer
 * has not the size it must have.
 */
export async function measureRate(
  replay: Replay,
  folder: string,
  wrk: string | undefined,
  answer: { atLeast: number; atMost: number },
  pids: readonly number[],
): Promise<Sample> {
  const replayed = await processorTimeOf(pids, () => (wrk === undefined ? byNode(replay) : byWrk(replay, folder, wrk)));
  const each = replayed.bytes / replayed.requests;
  const wrong = replayed.refused > 0 || replayed.broken > 0 || !(each >= answer.atLeast && each <= answer.atMost);
  if (wrong)
    throw new Error(
      `${replay.method} ${replay.origin}: wrong answers, ${Math.round(each)} bytes each: ${JSON.stringify(replayed)}`,
    );
  return { figure: replayed.requests / (replayed.microseconds / 1e6), cpu: replayed.cpu };
}

let files = 0;

async function byWrk(
  { origin, targets, method, body, tag, seconds, connections = 32 }: Replay,
  folder: string,
  wrk: string,
): Promise<Replayed> {
  const name = join(folder, `replay-${files++}`);
  await writeFile(name, `${targets.join("\n")}\n`);
  if (body) await writeFile(`${name}.body`, body);
  const words = [
    "-t",
    "2",
    "-c",
    `${connections}`,
    "-d",
    `${seconds}s`,
    "--timeout",
    "10s",
    "-s",
    SCRIPT,
    origin,
    "--",
    name,
    method,
  ];
  const printed = (
    await run(wrk, [...words, ...(body ? [`${name}.body`] : []), ...(tag === undefined ? [] : [tag])])
  ).toString();
  const line = /^REPLAYED (.*)$/m.exec(printed)?.[1];
  if (line === undefined) throw new Error(`wrk said: ${printed}`);
  return JSON.parse(line) as Replayed;
}

async function byNode(replay: Replay): Promise<Replayed> {
  const child = fork(PROCESS, { serialization: "advanced" });
  try {
    return await new Promise((resolve, reject) => {
      child.once("message", (replayed: Replayed) => resolve(replayed));
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${PROCESS} ended with ${code}`)));
      child.send(replay);
    });
  } finally {
    child.kill();
  }
}
