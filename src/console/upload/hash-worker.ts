/**
 * The worker: sha256 of blobs. What is small enough to be read whole is left to the browser where it can do it, which
 * is on https and localhost only; all else is hashed a slice at a time while the next slice is read.
 */
import { createSHA256, type IHasher } from "hash-wasm";
import { type FromWorker, SLICE_BYTES, type ToWorker, WHOLE_BYTES } from "./hash-messages.ts";

const idle: IHasher[] = [];
const running = new Set<number>();

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if ("cancel" in data) running.delete(data.id);
  else void run(data.id, data.blob);
});

async function run(id: number, blob: Blob): Promise<void> {
  running.add(id);
  try {
    const isSmall = blob.size <= WHOLE_BYTES && crypto.subtle !== undefined;
    const digest = isSmall ? await hashWhole(blob) : await hashSlices(id, blob);
    if (digest !== undefined) tell({ id, digest });
  } catch (error) {
    tell({ id, unreadable: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
}

async function hashWhole(blob: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function hashSlices(id: number, blob: Blob): Promise<string | undefined> {
  const hasher = idle.pop() ?? (await createSHA256());
  try {
    return await hash(id, blob, hasher);
  } finally {
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
