/** The worker: sha256 of blobs, a slice at a time; the next slice is read while this one is hashed. */
import { createSHA256, type IHasher } from "hash-wasm";
import { type FromWorker, SLICE_BYTES, type ToWorker } from "./hash-messages.ts";

const idle: IHasher[] = [];
const running = new Set<number>();

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if ("cancel" in data) running.delete(data.id);
  else void run(data.id, data.blob);
});

async function run(id: number, blob: Blob): Promise<void> {
  running.add(id);
  const hasher = idle.pop() ?? (await createSHA256());
  try {
    const digest = await hash(id, blob, hasher);
    if (digest !== undefined) tell({ id, digest });
  } catch (error) {
    tell({ id, unreadable: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
    idle.push(hasher);
  }
}

/** undefined: it was cancelled. */
async function hash(id: number, blob: Blob, hasher: IHasher): Promise<string | undefined> {
  hasher.init();
  let coming = readAt(blob, 0);
  for (let at = 0; at < blob.size; at += SLICE_BYTES) {
    const bytes = await coming;
    if (!running.has(id)) return undefined;
    coming = readAt(blob, at + SLICE_BYTES);
    // Its failure is met in the next turn; until then it is nobody's.
    coming.catch(() => {});
    hasher.update(bytes);
    tell({ id, hashed: at + bytes.length });
  }
  return hasher.digest("hex");
}

async function readAt(blob: Blob, from: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(from, from + SLICE_BYTES).arrayBuffer());
}

function tell(message: FromWorker): void {
  postMessage(message);
}
