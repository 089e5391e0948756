/** A mixed load from several writers, each with its own keys. It runs until it is stopped. */
import { randomBytes } from "node:crypto";
import type { Chance } from "./chance.ts";
import type { Recorder } from "./recorder.ts";

const MIN_PART = 5 * 1024 ** 2;

const WRITERS = 6;
const KEYS = 8;
const SIZES = [0, 1, 700, 5_000, 40_000, 130_000, 300_000, 1_500_000];
/** Content that all writers repeat, so that it is deduplicated. */
const COMMON = Array.from({ length: 6 }, (_, index) => randomBytes(SIZES[index + 1] ?? 0));

export interface Load {
  /** Resolves when `count` more writes have been acknowledged. */
  acknowledged(count: number): Promise<void>;
  /** Starts no new call, and resolves when the calls in progress have ended. */
  stop(): Promise<void>;
}

export function startLoad(recorder: Recorder, chance: Chance): Load {
  const { ledger } = recorder;
  const watchers = new Set<() => void>();
  let stopped = false;
  const write = async (writer: number) => {
    while (!stopped) {
      await oneStep(recorder, chance, `writer-${writer}`);
      for (const watch of watchers) watch();
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  return {
    acknowledged: (count) =>
      new Promise((resolve) => {
        const goal = ledger.acknowledged + count;
        const watch = () => {
          if (ledger.acknowledged < goal) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
      }),
    async stop() {
      stopped = true;
      await writers;
    },
  };
}

async function oneStep(recorder: Recorder, chance: Chance, writer: string): Promise<void> {
  const key = `${writer}/${chance.below(KEYS)}`;
  const other = `${writer}/${chance.below(KEYS)}`;
  const draw = chance.next();
  if (draw < 0.4) await recorder.put(key, contentOf(chance));
  else if (draw < 0.6) await conditional(recorder, chance, key);
  else if (draw < 0.72) await recorder.remove(key);
  else if (draw < 0.75) await recorder.removeMany([...new Set([key, other])]);
  else if (draw < 0.85)
    await (isThere(recorder, other) && key !== other ? recorder.copy(other, key) : recorder.read(key, "under load"));
  else if (draw < 0.88) await inParts(recorder, chance, key);
  else await recorder.read(key, "under load");
}

function contentOf(chance: Chance): Buffer {
  return chance.next() < 0.3 ? chance.pick(COMMON) : randomBytes(chance.pick(SIZES));
}

function isThere({ ledger }: Recorder, key: string): boolean {
  return ledger.certain(key)?.standing !== undefined;
}

/** A conditional write, if the ledger knows whether the condition is met. */
async function conditional(recorder: Recorder, chance: Chance, key: string): Promise<void> {
  const certain = recorder.ledger.certain(key);
  const etag = recorder.etag(key);
  const body = contentOf(chance);
  const draw = chance.next();
  if (certain === undefined) await recorder.read(key, "under load");
  else if (certain.standing === undefined) {
    if (draw < 0.5) await recorder.race(key, [body, randomBytes(99)]);
    else await recorder.put(key, body, { "if-none-match": "*" });
  } else if (draw < 0.25) await recorder.putInVain(key, body, { "if-none-match": "*" });
  else if (draw < 0.5) await recorder.putInVain(key, body, { "if-match": `"${"0".repeat(32)}"` });
  else if (etag !== undefined) await recorder.put(key, body, { "if-match": `"${etag}"` });
}

/** A multipart upload that is completed, aborted or left open. */
async function inParts(recorder: Recorder, chance: Chance, key: string): Promise<void> {
  const draw = chance.next();
  if (draw < 0.5) {
    await recorder.upload(key, [randomBytes(MIN_PART), chance.pick(COMMON)]);
    return;
  }
  const uploadId = await recorder.startUpload(key);
  if (uploadId === undefined) return;
  await recorder.sendPart(key, uploadId, 1, contentOf(chance));
  if (draw < 0.8) await recorder.abort(key, uploadId);
}
