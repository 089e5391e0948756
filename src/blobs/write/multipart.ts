/**
 * Uploads in parts, begun and ended: each backend has an upload of its own, cut alike, so that the backends' ETag is
 * the object's. A backend that missed a part is broken for this upload; completing copies the bytes to another one
 * instead.
 */
import { BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import type { BackendUpload, Upload, UploadedPart } from "../../metadata/uploads.ts";
import type { FreshContent } from "../../model.ts";
import { type Placement, placementOf } from "../replicas/placement.ts";
import { tooFewBackends } from "../replicas/placer.ts";
import { checkSame } from "../replicas/verify.ts";
import { addReplicas } from "./add-replicas.ts";
import type { WriteContext } from "./context.ts";
import { newTrail, outcomeOf } from "./trail.ts";

/** What of an upload says where its bytes are. */
export type BackendUploads = Pick<Upload, "storageKey" | "backends">;

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
  const trail = newTrail();
  for (const { backend } of upload.backends) trail.touched.add(backend);
  const complete = async ({ backend, backendUploadId, broken }: BackendUpload): Promise<Placement[]> => {
    const member = placer.fleet.get(backend);
    if (broken || !member?.up || !parts.every((part) => part.backends.includes(backend))) return [];
    try {
      await completeOn(member, backendUploadId, whole, parts);
      return [placementOf(member)];
    } catch (error) {
      trail.failures.push(reported(context, error));
      return [];
    }
  };
  const completed = (await Promise.all(upload.backends.map(complete))).flat();
  const held = await addReplicas(context, whole, completed, new Set(), trail);
  if (!placer.isEnough(held, context.minimumCopies)) throw tooFewBackends(trail.failures);
  await abortOn(
    context,
    upload,
    upload.backends.filter(({ backend }) => !completed.some(({ name }) => name === backend)),
  );
  return { kind: "fresh", ...whole, ...outcomeOf(held, trail), copies: placer.copies, scope, replaces: undefined };
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

function reported(context: WriteContext, error: unknown): BackendError {
  const failure = onlyBackendError(error);
  context.placer.fleet.reportFailure(failure);
  return failure;
}
