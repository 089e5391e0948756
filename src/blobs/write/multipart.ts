/**
 * Uploads in parts, begun and given up: each backend has an upload of its own, cut alike, so that the backends' ETag is
 * the object's. A backend that could not say whether it began one is remembered too.
 */
import { type BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { BackendUpload, Upload } from "../../metadata/uploads.ts";
import type { Wanted } from "../../wanted.ts";
import { type Placement, placementOf } from "../replicas/placement.ts";
import { tooFewBackends } from "../replicas/placer.ts";
import { contextFor, type WriteContext } from "./context.ts";

/** What of an upload says where its bytes are. */
export type BackendUploads = Pick<Upload, "storageKey" | "wanted" | "backends" | "touched">;

/** Throws ServiceUnavailable when too few backends can start an upload; then nothing is left. */
export async function startUpload(
  shared: WriteContext,
  wanted: Wanted | undefined,
  near?: readonly string[],
): Promise<BackendUploads> {
  const context = contextFor(shared, wanted, near);
  const { placer, keyPool } = context;
  placer.checkWritable(context.minimumCopies);
  await context.metadata.checkRoom();
  const storageKey = await keyPool.take();
  const held: { readonly placement: Placement; readonly upload: BackendUpload }[] = [];
  const tried = new Set<string>();
  const failures: BackendError[] = [];
  const start = async (member: FleetMember) => {
    const backend = member.backend.name;
    tried.add(backend);
    try {
      const backendUploadId = await member.backend.createUpload(storageKey);
      held.push({ placement: placementOf(member), upload: { backend, backendUploadId } });
    } catch (error) {
      failures.push(reported(context, error));
    }
  };
  const heldPlacements = () => held.map(({ placement }) => placement);
  while (held.length < placer.copies && placer.canBeEnough(heldPlacements(), tried, context.minimumCopies)) {
    const members = placer.draw(heldPlacements(), tried, { copies: context.minimumCopies, size: 0 });
    if (members.length === 0) break;
    await Promise.all(members.map(start));
  }
  if (!placer.isEnough(heldPlacements(), context.minimumCopies)) {
    await keyPool.discard(storageKey);
    throw tooFewBackends(failures);
  }
  const backends = held.map(({ upload }) => upload);
  return {
    storageKey,
    ...(wanted && { wanted }),
    backends,
    touched: [...tried].filter((name) => !backends.some(({ backend }) => backend === name)),
  };
}

/**
 * Gives the backends' uploads up at once where they can be reached; a drop job does the rest. A key that is in use by
 * now is left alone.
 */
export async function abortUpload(context: WriteContext, upload: BackendUploads): Promise<void> {
  await context.keyPool.discard(upload.storageKey);
  await abortOn(context, upload, upload.backends);
}

/** An upload that cannot be aborted now goes when the bytes under its storage key do. */
export async function abortOn(
  context: WriteContext,
  { storageKey }: Pick<Upload, "storageKey">,
  backends: readonly BackendUpload[],
): Promise<void> {
  const abort = async ({ backend, backendUploadId }: BackendUpload) => {
    const member = context.placer.fleet.get(backend);
    if (!member?.up) return;
    try {
      await member.backend.abortUpload(storageKey, backendUploadId);
    } catch (error) {
      context.log.warn({ err: reported(context, error) }, "an unfinished upload stays on its backend");
    }
  };
  await Promise.all(backends.map(abort));
}

/** Narrows a caught error and tells the fleet. */
export function reported(context: WriteContext, error: unknown): BackendError {
  const failure = onlyBackendError(error);
  context.placer.fleet.reportFailure(failure);
  return failure;
}
