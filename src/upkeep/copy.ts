/**
 * Brings a blob to its number of replicas, in two regions while there are two. It reads what stands at the target
 * before it replaces it: a good copy is never overwritten.
 */
import { BackendError, onlyBackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { copyReplica, readReplica } from "../blobs/replicas/copy-replica.ts";
import { choosePlacement, healthyMembers, type Placement, placementOf } from "../blobs/replicas/placement.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import type { Blob } from "../model.ts";
import { type JobContext, paced } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

/** Throws ServiceUnavailable when no healthy target, or no good replica to copy from, is left. */
export async function copyBlob(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  const failures: BackendError[] = [];
  const failed = new Set<string>();
  for (;;) {
    run.signal.throwIfAborted();
    const blob = await context.metadata.blobs.find(blobId);
    if (blob === undefined) return;
    const held = standing(context, blob);
    const candidates = healthyMembers(context.fleet.members())
      .map(placementOf)
      .filter((placement) => !failed.has(placement.name));
    const [target] = choosePlacement(candidates, held, 1, context.random);
    const spreadsOut =
      target !== undefined && context.copies > 1 && isOneRegion(held) && target.region !== held[0]?.region;
    if (held.length >= context.copies && !spreadsOut) return;
    const member = target && context.fleet.get(target.name);
    if (member === undefined) throw tooFewBackends(failures);
    const failure = await context.slots.hold([member.backend.name], () => addReplica(context, blob, member, run));
    if (failure === undefined) continue;
    failures.push(failure);
    failed.add(failure.backend);
  }
}

/** Replicas that stand and will stay; those of a backend that is being emptied do not count. */
function standing(context: JobContext, blob: Blob): readonly Placement[] {
  return blob.replicas.flatMap((replica) => {
    const member = context.fleet.get(replica.backend);
    return replica.state === "verified" && member !== undefined && !member.draining ? [placementOf(member)] : [];
  });
}

function isOneRegion(held: readonly Placement[]): boolean {
  return new Set(held.map((placement) => placement.region)).size === 1;
}

/** Undefined: it stands. Else why this target cannot have it now. Throws ServiceUnavailable when no source is left. */
async function addReplica(
  context: JobContext,
  blob: Blob,
  target: FleetMember,
  run: JobRun,
): Promise<BackendError | undefined> {
  const { blobs, jobs } = context.metadata;
  const name = target.backend.name;
  // The row comes before the bytes: a deletion of the blob in the meantime must know where to look.
  if (!blob.replicas.some(({ backend }) => backend === name))
    await blobs.setReplica(blob.id, name, "lost", blob.storageKey);
  const failure = (await standsAlready(context, blob, target, run)) ?? (await copyFromAny(context, blob, target, run));
  if (failure instanceof BackendError) {
    context.fleet.reportFailure(failure);
    return failure;
  }
  if (!(await blobs.setReplica(blob.id, name, "verified", blob.storageKey)))
    await jobs.add({ kind: "drop", storageKey: blob.storageKey, backends: [name] });
  return undefined;
}

/** True: the very bytes are there. Undefined: they are not. An error: nobody can tell. */
async function standsAlready(
  context: JobContext,
  blob: Blob,
  target: FleetMember,
  run: JobRun,
): Promise<true | undefined | BackendError> {
  try {
    await readReplica(blob, target, paced(context, run));
    return true;
  } catch (error) {
    run.signal.throwIfAborted();
    const failure = onlyBackendError(error);
    return failure.fault === "absent" || failure.fault === "corrupt" ? undefined : failure;
  }
}

async function copyFromAny(
  context: JobContext,
  blob: Blob,
  target: FleetMember,
  run: JobRun,
): Promise<true | BackendError> {
  const failures: BackendError[] = [];
  for (const replica of blob.replicas) {
    const source = context.fleet.get(replica.backend);
    if (replica.state !== "verified" || !source?.up || source === target) continue;
    try {
      await context.slots.hold([replica.backend], () => copyReplica(blob, source, target, paced(context, run)));
      return true;
    } catch (error) {
      run.signal.throwIfAborted();
      const failure = onlyBackendError(error);
      if (failure.backend === target.backend.name) return failure;
      failures.push(failure);
      await context.replicas.noteFailure(blob, failure);
    }
  }
  throw tooFewBackends(failures);
}
