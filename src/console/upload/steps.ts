/** Carries out one step of one file on the network: opens its upload, sends a part, or completes. Never throws. */
import { done, type Fault, failed, type Result } from "../wire/fault.ts";
import { contentTypeOf } from "./claim.ts";
import { type HashPool, unreadable } from "./hash-pool.ts";
import type { Item } from "./item.ts";
import { completeUpload, pathOf } from "./multipart.ts";
import { openUpload } from "./open-upload.ts";
import type { Step } from "./order.ts";
import type { Part } from "./parts.ts";
import { sendBlob } from "./send-blob.ts";

export interface Progress {
  readonly pool: HashPool;
  sentMore(bytes: number): void;
}

type Stepped = Result<"more" | "over">;

/** `line`: ends at a pause, which leaves what is stored as it is. `over`: the object stands. */
export function carryOut(item: Item, step: Step, line: AbortSignal, progress: Progress): Promise<Stepped> {
  const signal = AbortSignal.any([item.stop.signal, line]);
  switch (step.kind) {
    case "open":
      return between(item, () => open(item, progress, signal));
    case "complete":
      return between(item, () => complete(item));
    case "send":
      return send(item, step.part, progress, signal);
  }
}

async function between(item: Item, act: () => Promise<Stepped>): Promise<Stepped> {
  item.isBetweenParts = true;
  const answer = await act();
  item.isBetweenParts = false;
  return answer;
}

async function open(item: Item, { pool }: Progress, signal: AbortSignal): Promise<Stepped> {
  const opened = await openUpload(item, pool, signal);
  if (!opened.ok) return opened;
  item.uploadId = opened.value.id;
  for (const part of opened.value.stored) {
    item.stored.set(part.number, part);
    item.stood += part.size;
  }
  return done("more");
}

/** A pause does not stop it: it is short for the browser, and the gateway would do it all the same. */
async function complete(item: Item): Promise<Stepped> {
  const { uploadId, stored } = item;
  if (uploadId === undefined) return done("over");
  const parts = [...stored.values()].sort((a, b) => a.number - b.number);
  const answer = await completeUpload(item, uploadId, parts, item.stop.signal);
  return answer.ok ? done("over") : answer;
}

async function send(item: Item, part: Part, progress: Progress, signal: AbortSignal): Promise<Stepped> {
  const { uploadId, flying } = item;
  flying.set(part.number, 0);
  const answer = await sendPart(item, part, progress, signal);
  flying.delete(part.number);
  if (!answer.ok)
    return answer.fault.code === "Offline" ? failed(await faultOf(item.file, part, answer.fault)) : answer;
  // The upload may have been given up while this part was on its way.
  if (item.uploadId !== uploadId) return done("more");
  const { etag, sha256 } = answer.value;
  item.stored.set(part.number, { number: part.number, size: part.to - part.from, etag, sha256 });
  return done(item.isInParts ? "more" : "over");
}

async function sendPart(item: Item, part: Part, progress: Progress, signal: AbortSignal) {
  const { file, uploadId } = item;
  const blob = item.isInParts ? file.slice(part.from, part.to) : file;
  const digest = item.isInParts ? await progress.pool.hash(blob, signal) : done(item.digest);
  if (!digest.ok) return digest;
  const etag = await sendBlob({
    path: pathOf(item),
    query: item.isInParts ? { partNumber: part.number, uploadId } : {},
    headers: item.isInParts ? {} : { "content-type": contentTypeOf(file) },
    blob,
    digest: digest.value,
    signal,
    onProgress(sent) {
      progress.sentMore(sent - (item.flying.get(part.number) ?? 0));
      item.flying.set(part.number, sent);
    },
  });
  return etag.ok ? done({ etag: etag.value, sha256: digest.value }) : etag;
}

/** A file that changed on the disk looks to the page like a line that broke: only reading it tells. */
async function faultOf(file: File, { from }: Part, offline: Fault): Promise<Fault> {
  try {
    await file.slice(from, from + 1).arrayBuffer();
    return offline;
  } catch (error) {
    return unreadable(String(error));
  }
}
