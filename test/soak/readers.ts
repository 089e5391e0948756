/** Readers of objects that never change. Each read is checked and timed. */
import { randomBytes } from "node:crypto";
import type { Chance } from "./chance.ts";
import type { Ask } from "./client.ts";
import { sha256 } from "./ledger.ts";

export interface Readers {
  /** Reads that did not return the whole object. */
  readonly wrong: readonly string[];
  /** Reads that failed at first, and were repeated at once. */
  readonly repeated: readonly string[];
  /** The duration of each read since the last call, in ms, sorted. */
  take(): readonly number[];
  stop(): Promise<void>;
}

/** Key to sha256. */
export type Stable = ReadonlyMap<string, string>;

const READERS = 4;
const SIZES = [100, 20_000, 200_000, 1_200_000];
const OBJECTS = 24;

/** So often a write is tried while a machine with other work lets the stores seem slow. */
const TRIES = 5;

/** Writes objects of mixed sizes; as a client does, asks again where the gateway asks it to slow down. */
export async function writeStable(ask: Ask): Promise<Stable> {
  const stable = new Map<string, string>();
  for (let index = 0; index < OBJECTS; index++) {
    const body = randomBytes(SIZES[index % SIZES.length] ?? 0);
    const put = () => ask({ method: "PUT", path: `/bucket/stable/${index}`, body });
    let reply = await put();
    for (let tries = 1; reply?.status === 503 && tries < TRIES; tries++) reply = await put();
    if (reply?.status !== 200) throw new Error(`a write was refused: ${reply?.text}`);
    stable.set(`stable/${index}`, sha256(body));
  }
  return stable;
}

/**
 * A read that is cut is repeated once. `again`: one that fails in any other way is repeated too, in this way, as a client
 * does that was redirected to a store which is gone.
 */
export function startReaders(ask: Ask, stable: Stable, chance: Chance, again?: Ask): Readers {
  const wrong: string[] = [];
  const repeated: string[] = [];
  let times: number[] = [];
  let stopped = false;
  const read = async () => {
    while (!stopped) {
      const [key, expected] = chance.pick([...stable]);
      const began = performance.now();
      const first = await ask({ path: `/bucket/${key}` });
      times.push(performance.now() - began);
      const isOver = again === undefined ? first !== undefined : first?.status === 200;
      if (!isOver) repeated.push(`${key}: ${first?.status ?? "cut"}`);
      const reply = isOver ? first : await (again ?? ask)({ path: `/bucket/${key}` });
      if (reply?.status !== 200) wrong.push(`${key}: ${reply?.status ?? "cut"} ${reply?.text.slice(0, 200) ?? ""}`);
      else if (sha256(reply.body) !== expected) wrong.push(`${key}: ${reply.body.length} wrong bytes`);
    }
  };
  const readers = Promise.all(Array.from({ length: READERS }, read));
  return {
    wrong,
    repeated,
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
