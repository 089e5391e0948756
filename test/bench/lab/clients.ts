/** The clients, a process in each region: each does one task after the other. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { namespaceOf } from "./namespaces.ts";
import type { Read, Task } from "./reads.ts";
import { type LabRegion, regions } from "./regions.ts";
import { script } from "./servers.ts";

export interface Clients extends Disposable {
  /** Rejects when the client ended, which it does when it got another answer than the task says. */
  perform(region: LabRegion, task: Task): Promise<readonly Read[]>;
}

interface Client {
  perform(task: Task): Promise<readonly Read[]>;
  end(): void;
}

/** Resolves when all of them are ready. */
export async function openClients(prefix: string): Promise<Clients> {
  const all = new Map(
    await Promise.all(regions.map(async (region) => [region, await openClient(prefix, region)] as const)),
  );
  return {
    async perform(region, task) {
      return (await all.get(region)?.perform(task)) ?? [];
    },
    [Symbol.dispose]() {
      for (const client of all.values()) client.end();
    },
  };
}

async function openClient(prefix: string, region: LabRegion): Promise<Client> {
  const child = spawn("ip", script(namespaceOf(prefix, region, "client"), new URL("measure.ts", import.meta.url)), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done) throw new Error(`the client in ${region.title} ended`);
    return line.value;
  };
  await answer();
  return {
    async perform(task) {
      child.stdin.write(`${JSON.stringify(task)}\n`);
      return JSON.parse(await answer()) as readonly Read[];
    },
    end: () => void child.stdin.end(),
  };
}
