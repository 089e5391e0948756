/**
 * Brings a blob to its number of replicas, in two regions while there are two. What stands at the target is read before
 * it is replaced: a good copy is never overwritten.
 */
import { BackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { copyReplica, readReplica } from "../blobs/replicas/copy-replica.ts";
import { choosePlacement, healthyMembers, type Site, siteOf } from "../blobs/replicas/placement.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import { asBackendError } from "../blobs/while-up.ts";
import type { Blob } from "../model.ts";
import type { Upkept } from "./upkept.ts";

/** Throws ServiceUnavailable when no healthy target, or no good replica to copy from, is left. */
export async function copyBlob(upkept: Upkept, blobId: number, signal: AbortSignal): Promise<void> {
  const failures: BackendError[] = [];
  const failed = new Set<string>();
  for (;;) {
    signal.throwIfAborted();
    const blob = await upkept.metadata.blobs.find(blobId);
    if (blob === undefined) return;
    const held = standing(upkept, blob);
    const candidates = healthyMembers(upkept.fleet.members())
      .map(siteOf)
      .filter((site) => !failed.has(site.name));
    const [target] = choosePlacement(candidates, held, 1, upkept.random);
    const spreadsOut =
      target !== undefined && upkept.copies > 1 && isOneRegion(held) && target.region !== held[0]?.region;
    if (held.length >= upkept.copies && !spreadsOut) return;
    const member = target && upkept.fleet.get(target.name);
    if (member === undefined) throw tooFewBackends(failures);
    const failure = await addReplica(upkept, blob, member, signal);
    if (failure === undefined) continue;
    failures.push(failure);
    failed.add(failure.backend);
  }
}

/** Replicas that stand and will stay; those of a backend that is being emptied do not count. */
function standing(upkept: Upkept, blob: Blob): readonly Site[] {
  return blob.replicas.flatMap((replica) => {
    const member = upkept.fleet.get(replica.backend);
    return replica.state === "verified" && member !== undefined && !member.draining ? [siteOf(member)] : [];
  });
}

function isOneRegion(held: readonly Site[]): boolean {
  return new Set(held.map((site) => site.region)).size === 1;
}

/** Undefined: it stands. Else why this target cannot have it now. Throws ServiceUnavailable when no source is left. */
async function addReplica(
  upkept: Upkept,
  blob: Blob,
  target: FleetMember,
  signal: AbortSignal,
): Promise<BackendError | undefined> {
  const { blobs, jobs } = upkept.metadata;
  const name = target.backend.name;
  // The row comes before the bytes, so that whoever deletes the blob meanwhile knows where to look.
  if (!blob.replicas.some(({ backend }) => backend === name)) await blobs.setReplica(blob.id, name, "lost", blob.name);
  const failure = (await standsAlready(blob, target, signal)) ?? (await copyFromAny(upkept, blob, target, signal));
  if (failure instanceof BackendError) {
    upkept.fleet.reportFailure(failure);
    return failure;
  }
  if (!(await blobs.setReplica(blob.id, name, "verified", blob.name)))
    await jobs.add({ kind: "drop", name: blob.name, backends: [name] });
  return undefined;
}

/** True: the very bytes are there. Undefined: they are not. An error: nobody can tell. */
async function standsAlready(
  blob: Blob,
  target: FleetMember,
  signal: AbortSignal,
): Promise<true | undefined | BackendError> {
  try {
    await readReplica(blob, target, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const failure = asBackendError(error, target.backend.name);
    return failure.fault === "absent" || failure.fault === "corrupt" ? undefined : failure;
  }
}

async function copyFromAny(
  upkept: Upkept,
  blob: Blob,
  target: FleetMember,
  signal: AbortSignal,
): Promise<true | BackendError> {
  const failures: BackendError[] = [];
  for (const replica of blob.replicas) {
    const source = upkept.fleet.get(replica.backend);
    if (replica.state !== "verified" || !source?.up || source === target) continue;
    try {
      await copyReplica(blob, source, target, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const failure = asBackendError(error, target.backend.name);
      if (failure.backend === target.backend.name) return failure;
      failures.push(failure);
      await upkept.replicas.noteFailure(blob, failure);
    }
  }
  throw tooFewBackends(failures);
}
