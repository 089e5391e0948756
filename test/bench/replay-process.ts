/**
 * The process that replay.ts starts when there is no wrk: the same load from one thread on node:http. Receives one
 * Replay and sends back one Replayed.
 */
import { once } from "node:events";
import { Agent, request } from "node:http";
import type { Replay, Replayed } from "./replay.ts";

const [replay] = (await once(process, "message")) as [Replay];
process.send?.(await measure(replay));

async function measure({ origin, targets, method, body, tag, seconds, connections = 32 }: Replay): Promise<Replayed> {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  const counts = { requests: 0, bytes: 0, refused: 0, broken: 0 };
  let sent = 0;

  const exchange = (): Promise<void> => {
    const number = sent++;
    const begun = performance.now();
    const content = contentOf(body, tag, number);
    const headers = content === undefined ? {} : { "content-length": content.length };
    return new Promise((resolve) => {
      const broke = (): void => {
        counts.broken++;
        resolve();
      };
      const client = request(
        { agent, hostname, port, method, path: targets[number % targets.length], headers },
        (reply) => {
          if ((reply.statusCode ?? 500) >= 400) counts.refused++;
          // wrk counts heads too: this is about what one takes.
          counts.bytes += reply.rawHeaders.join("  ").length;
          reply.on("data", (chunk: Buffer) => {
            counts.bytes += chunk.length;
          });
          reply.on("error", broke);
          reply.on("end", () => {
            counts.requests++;
            latencies.push((performance.now() - begun) * 1000);
            resolve();
          });
        },
      );
      client.on("error", broke);
      client.end(content);
    });
  };

  const begun = performance.now();
  const repeat = async (): Promise<void> => {
    while (performance.now() - begun < seconds * 1000) await exchange();
  };
  await Promise.all(Array.from({ length: connections }, repeat));
  const microseconds = (performance.now() - begun) * 1000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const percentile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { ...counts, microseconds, p50: percentile(0.5), p99: percentile(0.99) };
}

function contentOf(body: Buffer | undefined, tag: string | undefined, number: number): Buffer | undefined {
  if (body === undefined || tag === undefined) return body;
  const content = Buffer.from(body);
  content.write(`${tag}-00-${String(number + 1).padStart(12, "0")}-`);
  return content;
}
