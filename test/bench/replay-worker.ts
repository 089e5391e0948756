/** What replay.ts starts where there is no wrk: the same load from one thread on node:http. */
import { Agent, request } from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import type { Replay, Replayed } from "./replay.ts";

const { origin, targets, method, body, tag, seconds, connections = 32 } = workerData as Replay;
const { hostname, port } = new URL(origin);
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const begun = process.hrtime.bigint();
const until = begun + BigInt(Math.round(seconds * 1e9));
const latencies: number[] = [];
const counts = { requests: 0, bytes: 0, refused: 0, broken: 0 };
let position = 0;

await Promise.all(Array.from({ length: connections }, repeat));
const microseconds = Number(process.hrtime.bigint() - begun) / 1000;
agent.destroy();
latencies.sort((a, b) => a - b);
const percentile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
parentPort?.postMessage({ ...counts, microseconds, p50: percentile(0.5), p99: percentile(0.99) } satisfies Replayed);

async function repeat(): Promise<void> {
  while (process.hrtime.bigint() < until) await once();
}

function once(): Promise<void> {
  const number = position++;
  const sent = process.hrtime.bigint();
  const content = contentOf(number);
  return new Promise((resolve) => {
    const headers = content === undefined ? {} : { "content-length": content.length };
    const client = request({ agent, hostname, port, method, path: targets[number % targets.length], headers }, (reply) => {
      if ((reply.statusCode ?? 500) >= 400) counts.refused++;
      reply.on("data", (chunk: Buffer) => {
        counts.bytes += chunk.length;
      });
      reply.on("error", broke);
      reply.on("end", () => {
        // wrk counts heads too: this is about what one takes.
        counts.bytes += reply.rawHeaders.join("  \r\n").length;
        counts.requests++;
        latencies.push(Number(process.hrtime.bigint() - sent) / 1000);
        resolve();
      });
    });
    const broke = (): void => {
      counts.broken++;
      resolve();
    };
    client.on("error", broke);
    client.end(content);
  });
}

function contentOf(number: number): Buffer | undefined {
  if (!body || tag === undefined) return body && Buffer.from(body);
  const content = Buffer.from(body);
  content.write(`${tag}-00-${String(number + 1).padStart(12, "0")}-`);
  return content;
}
