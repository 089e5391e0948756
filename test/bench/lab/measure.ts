/**
 * A client in its own namespace: reads Tasks as lines of JSON from its input and answers each with a line, its Reads.
 * Its first line is empty: it is ready. Follows a redirect itself, over the same agent. Ends with an error when an
 * answer is not what the task says.
 */
import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Read, Task } from "./reads.ts";

/** A draw between two copies that never falls on one of them is none. */
const DRAWS = 64;
const WARMING = 200;

await warm();
process.stdout.write("\n");
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await perform(JSON.parse(line)))}\n`);

/** A program's first requests are slow: these go nowhere. */
async function warm(): Promise<void> {
  const block = Buffer.alloc(256 * 1024);
  const server = createServer((_, response) => response.end(block)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const task = { url: `http://${host}/`, headers: {}, localAddress: "127.0.0.1", bytes: block.length };
  await perform({ ...task, rounds: WARMING, hosts: [host] });
  server.close();
}

async function perform(task: Task): Promise<readonly Read[]> {
  const reads: Read[] = [];
  for (let round = 0; round < task.rounds; round++) {
    const host = task.hosts[round % task.hosts.length] ?? "";
    const fresh = await readFrom(task, host, () => new Agent({ keepAlive: true }));
    const again = await readFrom(task, host, () => fresh.agent);
    reads.push({ kept: false, ...fresh.read }, { kept: true, ...again.read });
    fresh.agent.destroy();
  }
  return reads;
}

async function readFrom(task: Task, host: string, connections: () => Agent) {
  for (let draw = 0; draw < DRAWS; draw++) {
    const agent = connections();
    const begun = performance.now();
    const first = await ask(task.url, agent, task);
    const location = first.headers.location;
    if (location === undefined) return { agent, read: await receive(first, task, { url: task.url, host, begun }) };
    await drain(first);
    if (new URL(location).host !== host) continue;
    const answer = await ask(location, agent, { ...task, headers: {} });
    return { agent, read: await receive(answer, task, { url: location, host, begun }) };
  }
  throw new Error(`${DRAWS} redirects, and none to ${host}`);
}

function ask(url: string, agent: Agent, { headers, localAddress }: Task): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers, localAddress }, resolve).on("error", reject);
  });
}

interface Asked {
  readonly url: string;
  /** That should answer. */
  readonly host: string;
  readonly begun: number;
}

async function receive(answer: IncomingMessage, task: Task, { url, host, begun }: Asked) {
  let firstByteMs = Number.NaN;
  answer.once("readable", () => {
    firstByteMs = performance.now() - begun;
  });
  const bytes = await drain(answer);
  const totalMs = performance.now() - begun;
  const from = new URL(url).host;
  if (answer.statusCode !== 200 || bytes !== task.bytes || from !== host)
    throw new Error(
      `${answer.statusCode} and ${bytes} bytes from ${from}: expected 200 and ${task.bytes} from ${host}`,
    );
  return { firstByteMs, totalMs };
}

async function drain(answer: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of answer) bytes += chunk.length;
  return bytes;
}
