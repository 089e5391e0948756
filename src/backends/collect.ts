/** For stores that read a few bytes as they read many: a stream, taken to its end. */

import type { ByteRange } from "../model.ts";
import { type Backend, BackendError, type ReadBytes } from "./backend.ts";
import type { StopSignal } from "./stop-signal.ts";

/** Throws as `Backend.read` does. */
export async function collect(
  backend: Pick<Backend, "name" | "open">,
  key: string,
  length: number,
  range: ByteRange | undefined,
  signal?: StopSignal,
): Promise<ReadBytes> {
  const { body, size, etag } = await backend.open(key, range, signal);
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > length) break;
    chunks.push(chunk);
  }
  if (received !== length)
    throw new BackendError(backend.name, "corrupt", { detail: `${received} bytes or more, expected ${length}` });
  return { bytes: Buffer.concat(chunks, length), size, etag };
}
