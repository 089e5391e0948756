/**
 * A source's bytes as the body of a request: a failure of the source ends the request at once, and is what is thrown.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { ByteRange } from "../model.ts";
import type { Source } from "./source.ts";

/** Few bytes are sent from memory, so that the request can be tried again. */
const AT_ONCE = 4 * 1024 ** 2;

export interface Sent<Answer> {
  readonly answer: Answer;
  /** Of what was sent. */
  readonly md5: string;
}

/** `size`: of the range. */
export async function sendBytes<Answer>(
  source: Source,
  { range, size, signal }: { readonly range?: ByteRange; readonly size: number; readonly signal: AbortSignal },
  send: (body: Buffer | Readable, signal: AbortSignal) => Promise<Answer>,
): Promise<Sent<Answer>> {
  const md5 = createHash("md5");
  const stop = new AbortController();
  let failure: unknown;
  async function* bytes() {
    try {
      for await (const chunk of source.read(range)) {
        md5.update(chunk);
        yield chunk;
      }
    } catch (error) {
      failure = error;
      stop.abort();
      throw error;
    }
  }
  if (size <= AT_ONCE) {
    const chunks: Buffer[] = [];
    for await (const chunk of bytes()) chunks.push(chunk);
    return { answer: await send(Buffer.concat(chunks), signal), md5: md5.digest("hex") };
  }
  const body = Readable.from(bytes(), { objectMode: false });
  // What it says is kept above.
  body.on("error", () => undefined);
  try {
    return { answer: await send(body, AbortSignal.any([signal, stop.signal])), md5: md5.digest("hex") };
  } catch (error) {
    throw failure ?? error;
  } finally {
    body.destroy();
  }
}
