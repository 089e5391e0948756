/**
 * Objects in parts: each part goes to the backends as a part of their own uploads, cut alike, so that the backends'
 * ETag is the object's. A backend that missed a part is broken for this upload; completing brings the bytes to another
 * one by copying.
 */
import { BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import { computed } from "../../checksums/digest.ts";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import { S3Error } from "../../errors.ts";
import type { BackendUpload, Upload, UploadedPart } from "../../metadata/uploads.ts";
import type { FreshContent } from "../../model.ts";
import { type Placement, placementOf } from "../replicas/placement.ts";
import { tooFewBackends } from "../replicas/placer.ts";
import { aliveWriters, writeToAll } from "../replicas/replica-writer.ts";
import { checkSame } from "../replicas/verify.ts";
import { addReplicas } from "./add-replicas.ts";
import type { BodySource, Ingested } from "./body-source.ts";
import { openReplicaWriter, type WriteContext } from "./context.ts";
import { streamVerified } from "./verified-body.ts";

/** What of an upload says where its bytes are. */
export type BackendUploads = Pick<Upload, "storageKey" | "backends">;

/** What a part became. */
export interface WrittenPart {
  readonly etag: string;
  readonly size: number;
  readonly backends: readonly string[];
}

/** Throws ServiceUnavailable when too few backends can start an upload; then nothing is left. */
export async function startUpload(context: WriteContext): Promise<BackendUploads> {
  const { placer, keyPool } = context;
  placer.checkWritable(context.minimumCopies);
  const storageKey = await keyPool.take();
  const held: { readonly placement: Placement; readonly upload: BackendUpload }[] = [];
  const tried = new Set<string>();
  const failures: BackendError[] = [];
  const start = async (member: FleetMember) => {
    const backend = member.backend.name;
    tried.add(backend);
    try {
      const backendUploadId = await member.backend.createUpload(storageKey);
      held.push({ placement: placementOf(member), upload: { backend, backendUploadId, broken: false } });
    } catch (error) {
      failures.push(reported(context, error));
    }
  };
  const heldPlacements = () => held.map(({ placement }) => placement);
  while (held.length < placer.copies && placer.canBeEnough(heldPlacements(), tried, context.minimumCopies)) {
    const members = placer.draw(heldPlacements(), tried);
    if (members.length === 0) break;
    await Promise.all(members.map(start));
  }
  if (!placer.isEnough(heldPlacements(), context.minimumCopies)) {
    await keyPool.discard(storageKey);
    throw tooFewBackends(failures);
  }
  return { storageKey, backends: held.map(({ upload }) => upload) };
}

/**
 * Throws S3Error as `put` does. Backends that fail are marked broken as long as another one holds the part and the rest
 * is healthy enough.
 */
export async function putPart(
  context: WriteContext,
  upload: Upload,
  partNumber: number,
  bytes: BodySource,
): Promise<Ingested<WrittenPart>> {
  const { placer, metadata } = context;
  placer.checkWritable(context.minimumCopies);
  const whole = upload.backends.filter((one) => !one.broken);
  const giveUp = new AbortController();
  const failures: BackendError[] = [];
  const writers = whole.flatMap(({ backend, backendUploadId }) => {
    const member = placer.fleet.get(backend);
    if (!member?.up) return [];
    const open = (onFailure: (failure: BackendError) => void) =>
      member.backend.writePart(upload.storageKey, backendUploadId, partNumber, bytes.size, onFailure);
    return openReplicaWriter(context, member, open, (failure) => {
      failures.push(failure);
      if (aliveWriters(writers).length === 0) giveUp.abort(tooFewBackends(failures));
    });
  });
  if (writers.length === 0) throw tooFewBackends(failures);
  try {
    // No one asks for the digest of a part: that of the whole is computed when it is read. Each backend must agree on the
    // md5.
    const { digests, last } = await streamVerified(
      bytes,
      { sha256: false, md5: true },
      (chunk) => writeToAll(writers, chunk),
      giveUp.signal,
    );
    const md5 = computed(digests.md5);
    if (last !== undefined) await writeToAll(writers, last);
    await Promise.all(writers.map(({ sink }) => sink.finish(md5)));
    const backends = aliveWriters(writers).map(({ placement }) => placement.name);
    if (backends.length === 0) throw partFailure(failures);
    placer.checkWritable(context.minimumCopies);
    for (const { backend } of whole)
      if (!backends.includes(backend)) await metadata.uploads.markBroken(upload.uploadId, backend);
    return { content: { etag: md5, size: bytes.size, backends }, md5, checksum: digests.checksum };
  } catch (error) {
    for (const { sink } of writers) sink.abort();
    throw error;
  }
}

/**
 * Throws ServiceUnavailable when no backend holds all parts or too few can be brought to hold the whole; repeating it
 * is safe.
 */
export async function completeUpload(
  context: WriteContext,
  upload: BackendUploads,
  parts: readonly UploadedPart[],
  scope: string | undefined,
): Promise<FreshContent> {
  const { placer } = context;
  const partSizes = parts.map((part) => part.size);
  const size = partSizes.reduce((sum, part) => sum + part, 0);
  const whole = {
    storageKey: upload.storageKey,
    size,
    etag: multipartEtag(parts.map((part) => part.etag)),
    digest: undefined,
    partSizes,
  };
  const failures: BackendError[] = [];
  const complete = async ({ backend, backendUploadId, broken }: BackendUpload): Promise<Placement[]> => {
    const member = placer.fleet.get(backend);
    if (broken || !member?.up || !parts.every((part) => part.backends.includes(backend))) return [];
    try {
      await completeOn(member, backendUploadId, whole, parts);
      return [placementOf(member)];
    } catch (error) {
      failures.push(reported(context, error));
      return [];
    }
  };
  const completed = (await Promise.all(upload.backends.map(complete))).flat();
  const held = await addReplicas(context, whole, completed, new Set(), failures);
  if (!placer.isEnough(held, context.minimumCopies)) throw tooFewBackends(failures);
  const backends = held.map(({ name }) => name);
  await abortOn(
    context,
    upload,
    upload.backends.filter(({ backend }) => !completed.some(({ name }) => name === backend)),
  );
  return { kind: "fresh", ...whole, backends, copies: placer.copies, scope, replaces: undefined };
}

/**
 * Gives the backends' uploads up at once where they can be reached; a drop job does the rest. A key that is in use by
 * now is left alone.
 */
export async function abortUpload(context: WriteContext, upload: BackendUploads): Promise<void> {
  await context.keyPool.discard(upload.storageKey);
  await abortOn(context, upload, upload.backends);
}

async function completeOn(
  member: FleetMember,
  backendUploadId: string,
  whole: { readonly storageKey: string; readonly size: number; readonly etag: string },
  parts: readonly UploadedPart[],
): Promise<void> {
  const { backend } = member;
  try {
    const answer = await backend.completeUpload(whole.storageKey, backendUploadId, parts);
    checkSame(whole, { size: whole.size, etag: answer.etag }, backend.name);
  } catch (error) {
    const failure = onlyBackendError(error);
    if (failure.fault !== "absent" && failure.fault !== "unavailable") throw failure;
    // The answer to an earlier attempt may have been lost: then the object stands there, and only there can it be seen.
    await backend.stat(whole.storageKey).then(
      (stat) => checkSame(whole, stat, backend.name),
      (error: unknown) => {
        const cause = new AggregateError([failure, error], "neither completed now nor before");
        throw new BackendError(backend.name, "unavailable", { cause });
      },
    );
  }
}

async function abortOn(
  context: WriteContext,
  upload: BackendUploads,
  backends: readonly BackendUpload[],
): Promise<void> {
  const abort = async ({ backend, backendUploadId }: BackendUpload) => {
    const member = context.placer.fleet.get(backend);
    if (!member?.up) return;
    try {
      await member.backend.abortUpload(upload.storageKey, backendUploadId);
    } catch (error) {
      context.log.warn({ err: reported(context, error) }, "an unfinished upload stays on its backend");
    }
  };
  await Promise.all(backends.map(abort));
}

/**
 * When every backend says that it does not know the upload, the upload has ended. Anything else may work on another try.
 */
function partFailure(failures: readonly BackendError[]): S3Error {
  if (failures.length > 0 && failures.every((failure) => failure.fault === "absent"))
    return new S3Error("NoSuchUpload", {}, { cause: failures[0] });
  return tooFewBackends(failures);
}

function reported(context: WriteContext, error: unknown): BackendError {
  const failure = onlyBackendError(error);
  context.placer.fleet.reportFailure(failure);
  return failure;
}
