/** Readers of objects that never change. Each read is checked and timed. */
import { randomBytes } from "node:crypto";
import type { Chance } from "./chance.ts";
import type { Ask } from "./client.ts";
import { sha256 } from "./ledger.ts";

export interface Readers {
  /** Reads that did not return the whole object. */
  readonly wrong: readonly string[];
  /** Reads that were cut. Each was repeated at once. */
  readonly cut: readonly string[];
  /** The duration of each read since the last call, in ms, sorted. */
  take(): readonly number[];
  stop(): Promise<void>;
}

/** Key to sha256. */
export type Stable = ReadonlyMap<string, string>;

const READERS = 4;
const SIZES = [100, 20_000, 200_000, 1_200_000];
const OBJECTS = 24;

/** Writes objects of mixed sizes. */
export async function writeStable(ask: Ask): Promise<Stable> {
  const stable = new Map<string, string>();
  for (let index = 0; index < OBJECTS; index++) {
    const body = randomBytes(SIZES[index % SIZES.length] ?? 0);
    const reply = await ask({ method: "PUT", path: `/bucket/stable/${index}`, body });
    if (reply?.status !== 200) throw new Error(`a write was refused: ${reply?.text}`);
    stable.set(`stable/${index}`, sha256(body));
  }
  return stable;
}

export function startReaders(ask: Ask, stable: Stable, chance: Chance): Readers {
  const wrong: string[] = [];
  const cut: string[] = [];
  let times: number[] = [];
  let stopped = false;
  const read = async () => {
    while (!stopped) {
      const [key, expected] = chance.pick([...stable]);
      const began = performance.now();
      const first = await ask({ path: `/bucket/${key}` });
      times.push(performance.now() - began);
      if (first === undefined) cut.push(`${key} was cut`);
      const reply = first ?? (await ask({ path: `/bucket/${key}` }));
      if (reply?.status !== 200) wrong.push(`${key}: ${reply?.status ?? "cut"} ${reply?.text.slice(0, 200) ?? ""}`);
      else if (sha256(reply.body) !== expected) wrong.push(`${key}: ${reply.body.length} wrong bytes`);
    }
  };
  const readers = Promise.all(Array.from({ length: READERS }, read));
  return {
    wrong,
    cut,
    take() {
      const taken = times.sort((a, b) => a - b);
      times = [];
      return taken;
    },
    async stop() {
      stopped = true;
      await readers;
    },
  };
}
