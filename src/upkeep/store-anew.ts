/**
 * Stores the bytes of an adopted blob anew, because the ETag under which they stand is not made of them: no copy can
 * have it. The blob gets a storage key and an ETag as all others have; its objects keep the ETag that clients know.
 */
import { Readable } from "node:stream";
import { BackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import { checkSame } from "../blobs/replicas/verify.ts";
import { S3Error } from "../errors.ts";
import type { Blob, Digest } from "../model.ts";
import { type JobContext, paced } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

/**
 * `digest`: of what was just read whole from `from`; a second read must give the same. What stood there before is
 * dropped after the grace. Throws ServiceUnavailable when the bytes differ, or too few backends take them, and
 * BackendError.
 */
export async function storeAnew(
  context: JobContext,
  blob: Blob,
  from: FleetMember,
  digest: Digest,
  run: JobRun,
): Promise<void> {
  const { store, metadata, log } = context;
  const { name } = from.backend;
  const opened = await from.backend.open(blob.storageKey, undefined, run.signal);
  const { body } = opened;
  try {
    checkSame(blob, opened, name);
    const open = () => Readable.from(counted(context, body, run), { objectMode: false });
    const source = { size: blob.size, open, claims: { sha256: digest }, sender: { signal: run.signal } };
    const { content } = await store.put(source, { scope: undefined, wanted: blob.wanted });
    if (content.kind !== "fresh") throw new TypeError("content without a scope was known");
    const isTaken = await metadata.blobs.storeAnew(blob, content).catch(async (error: unknown) => {
      await store.discard(content);
      throw error;
    });
    if (isTaken) log.warn({ blob: blob.id, backend: name }, "an ETag is not made of its bytes: they were stored anew");
    else await store.discard(content);
  } catch (error) {
    if (!(error instanceof S3Error && error.code === "XAmzContentSHA256Mismatch")) throw error;
    throw tooFewBackends([new BackendError(name, "corrupt", { detail: "two reads of it differ", isSuspicion: true })]);
  } finally {
    body.destroy();
  }
}

async function* counted({ rate }: JobContext, body: Readable, run: JobRun): AsyncGenerator<Buffer> {
  const { onChunk } = paced(rate, run);
  for await (const chunk of body) {
    await onChunk?.(chunk.length);
    yield chunk;
  }
}
