// A large write keeps only a bounded piece of its body in memory, however slow a backend is.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Backend, Sink } from "../../src/backends/backend.ts";
import { startFarStores } from "../support/far-stores.ts";
import { bytesOf, memoryStores, openRig } from "../support/rig.ts";

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
const CHUNK = Buffer.alloc(64 * 1024, 7);

/** A body of 64 MiB that is made only as it is read. */
function countedBody(made: { bytes: number; onChunk?: () => void }): Readable {
  return new Readable({
    highWaterMark: CHUNK.length,
    read() {
      if (made.bytes === SIZE) {
        this.push(null);
        return;
      }
      made.bytes += CHUNK.length;
      made.onChunk?.();
      this.push(CHUNK);
    },
  });
}

/**
 * A store that takes its chunks one by one, each a few turns of the event loop after the last, and counts what it still
 * holds.
 */
class SlowSink implements Sink {
  readonly #sink: Sink;
  readonly #queued: { bytes: number; most: number };
  constructor(sink: Sink, queued: { bytes: number; most: number }) {
    this.#sink = sink;
    this.#queued = queued;
  }
  async write(chunk: Buffer): Promise<void> {
    this.#queued.bytes += chunk.length;
    this.#queued.most = Math.max(this.#queued.most, this.#queued.bytes);
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    await this.#sink.write(chunk);
    this.#queued.bytes -= chunk.length;
  }
  finish() {
    return this.#sink.finish();
  }
  abort() {
    this.#sink.abort();
  }
}

function slow(backend: Backend, queued: { bytes: number; most: number }): Backend {
  const write = backend.write.bind(backend);
  return Object.assign(backend, { write: (key: string, size: number) => new SlowSink(write(key, size), queued) });
}

describe("a write of 64 MiB", () => {
  it("queues one chunk a store at the most", async () => {
    const queued = { bytes: 0, most: 0 };
    const [a, b] = memoryStores();
    if (a === undefined || b === undefined) throw new Error("two stores");
    await using rig = await openRig({ backends: [slow(a, queued), slow(b, queued)] });
    const made = { bytes: 0 };
    const { content } = await rig.blobs.put(bytesOf(Buffer.alloc(0), { size: SIZE, open: () => countedBody(made) }), {
      scope: rig.scope,
    });
    expect(content).toMatchObject({ size: SIZE, etag: createHash("md5").update(Buffer.alloc(SIZE, 7)).digest("hex") });
    expect(queued.most).toBeLessThanOrEqual(2 * CHUNK.length);
  });

  it("asks its client for no more while one store stops reading", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const script = far.store("b").script({ method: "PUT" }, { do: "stop-reading", after: MIB });
    const made: { bytes: number; onChunk?: () => void } = { bytes: 0 };
    const put = rig.blobs.put(bytesOf(Buffer.alloc(0), { size: SIZE, open: () => countedBody(made) }), {
      scope: rig.scope,
    });
    await script.met;
    // Until nothing moves any more: the kernel's socket buffers are full too.
    for (let before = -1, still = 0; still < 200; before = made.bytes) {
      still = before === made.bytes ? still + 1 : 0;
      await new Promise(setImmediate);
    }
    expect(made.bytes).toBeLessThan(24 * MIB);
    script.release();
    script.remove();
    expect((await put).content).toMatchObject({ kind: "fresh", size: SIZE });
  });
});
