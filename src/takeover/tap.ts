/** A client's share of bytes that come from elsewhere anyway. */
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";

/** Each byte once and in order, at the client's pace; a client that is gone delays nobody. */
export class Tap {
  readonly body = new PassThrough();
  /** How many bytes the client was given. */
  given = 0;
  /** Resolves when there are some. */
  readonly begun: Promise<void>;
  readonly #size: number;
  readonly #letGo = new AbortController();
  #begin: () => void = () => undefined;

  /** `size`: of all that the client gets. */
  constructor(size: number) {
    this.#size = size;
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** Others wait for these bytes: from now on `take` does not wait for the client, and gives it nothing. */
  letGo(): void {
    this.#letGo.abort();
  }

  /** `at`: of the chunk's first byte. What was given before is left out. */
  async take(chunk: Buffer, at: number): Promise<void> {
    if (!this.#letGo.signal.aborted) await this.give(chunk.subarray(Math.max(0, this.given - at)), this.#letGo.signal);
  }

  /** What follows what was given. Waits until the client takes more, or is gone, or the signal aborts. */
  async give(chunk: Buffer, until?: AbortSignal): Promise<void> {
    if (chunk.length === 0 || this.body.destroyed) return;
    this.given += chunk.length;
    this.#begin();
    const goesOn = this.body.write(chunk);
    if (this.given >= this.#size) this.body.end();
    else if (!goesOn) await drained(this.body, until);
  }
}

async function drained(body: PassThrough, until: AbortSignal | undefined): Promise<void> {
  const settled = new AbortController();
  const signal = until === undefined ? settled.signal : AbortSignal.any([settled.signal, until]);
  const waits = ["drain", "close"].map((event) => once(body, event, { signal }).catch(() => undefined));
  await Promise.race(waits);
  settled.abort();
}

/** The same bytes; each chunk goes on when the tap has taken it. `at`: of the stream's first byte. */
export function tapped(stream: Readable, tap: Tap | undefined, at: number): Readable {
  if (tap === undefined) return stream;
  async function* chunks(given: Tap): AsyncGenerator<Buffer> {
    let position = at;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      await given.take(chunk, position);
      position += chunk.length;
      yield chunk;
    }
  }
  return Readable.from(chunks(tap), { objectMode: false });
}
