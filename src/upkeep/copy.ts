/**
 * Copies a blob until it has enough good copies, in two regions if possible. It reads the bytes at the target before it
 * replaces them: a good copy is never overwritten.
 */
import { adopterOf } from "../backends/adopted-key.ts";
import { BackendError, onlyBackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { copyReplica, readReplica } from "../blobs/replicas/copy-replica.ts";
import { areEnough, goodCopies } from "../blobs/replicas/good-copies.ts";
import { chooseMembers, healthyMembers, type Placement } from "../blobs/replicas/placement.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import type { Blob, Digest, Replica } from "../model.ts";
import { copiesOf, mayStandIn } from "../wanted.ts";
import { recordDigestOrLater } from "./digest.ts";
import { type JobContext, paced, removedOf } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";
import { Busy } from "./slots.ts";
import { needsTrim } from "./trim.ts";

/** Throws ServiceUnavailable when no healthy target, or no good replica to copy from, is left; Busy as Slots. */
export async function copyBlob(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  try {
    await makeCopies(context, blobId, run);
  } catch (error) {
    if (!(error instanceof Busy)) await askForDigest(context, blobId);
    throw error;
  }
  await askForDigest(context, blobId);
}

/** Where no copy was made that would have told it: the bytes are read for that alone. */
async function askForDigest({ metadata }: JobContext, blobId: number): Promise<void> {
  const blob = await metadata.blobs.find(blobId);
  if (blob !== undefined && blob.digest === undefined) await metadata.jobs.add({ kind: "digest", blobId });
}

async function makeCopies(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  const failures: BackendError[] = [];
  for (;;) {
    run.signal.throwIfAborted();
    // A write that takes it into use asks for copies anew, and so does the next survey.
    if (!(await context.metadata.blobs.isReferenced(blobId))) return;
    const blob = await context.metadata.blobs.find(blobId);
    if (blob === undefined) return;
    const good = goodCopies(context, blob);
    if (areEnough(context, good, blob.wanted)) {
      await addTrim(context, blob);
      return;
    }
    const target = chooseTarget(context, blob, good, failures);
    if (target === undefined) {
      if ((await addTrim(context, blob)) || good.length >= copiesOf(context, blob.wanted)) return;
      throw tooFewBackends(failures);
    }
    const sources = sourcesOf(context, blob, target);
    if (sources.length > 0 && !sources.some(({ backend }) => context.slots.hasRoom(backend.name)))
      throw new Busy("every backend to copy from is busy");
    const outcome = await context.slots.hold([target.backend.name], () => addReplica(context, blob, target, run));
    if (outcome instanceof BackendError) failures.push(outcome);
    else if (blob.digest === undefined) await recordDigestOrLater(context, blob, outcome, run);
  }
}

/** Replicas that became unnecessary can be removed now. True: there are some, and who removes them goes on. */
async function addTrim(context: JobContext, blob: Blob): Promise<boolean> {
  const { backends, jobs } = context.metadata;
  if (!needsTrim(context, blob, removedOf(await backends.list()))) return false;
  await jobs.add({ kind: "trim", blobId: blob.id });
  return true;
}

/** Undefined: no backend is left, or another copy would not help. */
function chooseTarget(
  context: JobContext,
  blob: Blob,
  good: readonly Placement[],
  failures: readonly BackendError[],
): FleetMember | undefined {
  const unfit = new Set(failures.map(({ backend }) => backend));
  for (const { backend, state } of blob.replicas) if (state === "deleting") unfit.add(backend);
  const candidates = healthyMembers(context.fleet.members()).filter(
    ({ backend, region }) => !unfit.has(backend.name) && mayStandIn(region.name, blob.wanted),
  );
  const isOneMore = (placements: readonly Placement[]) => placements.length > good.length;
  const [target] = chooseMembers(candidates, good, { count: 1, size: blob.size }, context.random, isOneMore);
  const helps = good.length < copiesOf(context, blob.wanted) || good.every(({ region }) => region !== target?.region);
  return target !== undefined && helps ? context.fleet.get(target.name) : undefined;
}

/** Returns the digest of the copy that the target has now, or why it has none. */
export async function addReplica(
  context: JobContext,
  blob: Blob,
  target: FleetMember,
  run: JobRun,
  state: "verified" | "reader" = "verified",
): Promise<Digest | BackendError> {
  const { blobs } = context.metadata;
  const { name } = target.backend;
  // The row comes before the bytes: a deletion of the blob in the meantime must know where to look.
  if (!(await blobs.prepareReplica(blob, name)))
    return new BackendError(name, "refused", { detail: "the replica has changed" });
  const outcome = (await standsAlready(context, blob, target, run)) ?? (await copyFromAny(context, blob, target, run));
  if (outcome instanceof BackendError) {
    context.fleet.reportFailure(outcome);
    return outcome;
  }
  if (await blobs.setReplica(blob.id, name, state, blob.storageKey, { scrubbed: true })) return outcome;
  await dropUnlessKept(context, blob, name);
  return new BackendError(name, "refused", { detail: "its bytes are being deleted" });
}

/** Deletes the new copy when the blob was deleted, or replaced by other bytes, in the meantime. */
async function dropUnlessKept(
  { metadata }: JobContext,
  { id, storageKey, size, etag }: Blob,
  backend: string,
): Promise<void> {
  if ((await metadata.blobs.find(id))?.storageKey === storageKey) return;
  await metadata.jobs.add({ kind: "drop", storageKey, backends: [backend], expected: { size, etag } });
}

/** Their digest: the very bytes are there. Undefined: they are not. An error: nobody can tell. */
async function standsAlready(
  context: JobContext,
  blob: Blob,
  target: FleetMember,
  run: JobRun,
): Promise<Digest | undefined | BackendError> {
  try {
    return await readReplica(blob, target, paced(context.rate, run));
  } catch (error) {
    run.signal.throwIfAborted();
    const failure = onlyBackendError(error);
    // What stands where it was adopted may be a client's newer object.
    if (failure.fault === "corrupt" && adopterOf(blob.storageKey) === target.backend.name) return failure;
    return failure.fault === "absent" || failure.fault === "corrupt" ? undefined : failure;
  }
}

/** Throws ServiceUnavailable when no source is left. */
async function copyFromAny(
  context: JobContext,
  blob: Blob,
  target: FleetMember,
  run: JobRun,
): Promise<Digest | BackendError> {
  const failures: BackendError[] = [];
  for (const source of sourcesOf(context, blob, target)) {
    try {
      return await context.slots.hold([source.backend.name], () =>
        copyReplica(blob, source, target, paced(context.rate, run)),
      );
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

/**
 * The backends to copy from, those that have room first, those where reads fail later. Verified replicas come before
 * others, which may still be good: a copy is checked byte by byte.
 */
function sourcesOf({ fleet, slots }: JobContext, { replicas }: Blob, target: FleetMember): readonly FleetMember[] {
  const fails = (backend: string) => fleet.get(backend)?.reads.state !== "closed";
  const rank = ({ backend, state }: Replica) =>
    (state === "verified" ? 0 : 4) + (fails(backend) ? 2 : 0) + (slots.hasRoom(backend) ? 0 : 1);
  const ranked = [...replicas].sort((a, b) => rank(a) - rank(b));
  return ranked.flatMap(({ backend }) => {
    const member = fleet.get(backend);
    return member?.up && member !== target ? [member] : [];
  });
}
