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
  #begin: () => void = () => undefined;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** `at`: of the chunk's first byte. What was given before is left out. */
  async take(chunk: Buffer, at: number): Promise<void> {
    const rest = chunk.subarray(Math.max(0, this.given - at));
    if (rest.length === 0 || this.body.destroyed) return;
    this.given += rest.length;
    this.#begin();
    if (this.body.write(rest)) return;
    const settled = new AbortController();
    const { signal } = settled;
    await Promise.race([once(this.body, "drain", { signal }), once(this.body, "close", { signal })]).finally(() =>
      settled.abort(),
    );
  }
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
