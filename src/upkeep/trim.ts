/**
 * Removes the replicas that a blob does not need: surplus copies, those on draining or removed backends, and what
 * failed writes and lost replicas left behind. The row becomes lost first, so that no reader is sent there; deleting
 * when the grace period for earlier readers is over; then the bytes are deleted, and last the row. Before each step
 * the copies that stay are proven good: enough of them, in two regions if possible. While there are not enough, only
 * deletions that were begun are ended, so that a copy can be made there anew.
 */
import type { FleetMember } from "../backends/fleet.ts";
import { areEnough, goodCopies } from "../blobs/replicas/good-copies.ts";
import { choosePlacement, healthyMembers, type Placement } from "../blobs/replicas/placement.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import type { Blob, Replica } from "../model.ts";
import { copiesOf, mayStandIn } from "../wanted.ts";
import { deleteBlobFrom } from "./delete-from.ts";
import { type JobContext, mayAnswer, removedOf } from "./job-context.ts";
import { readWhole } from "./read-whole.ts";
import type { JobRun } from "./running-job.ts";

/** A process that was suspended for longer between the decision and the deletion decides again. */
const DECIDED_FOR_MS = 10_000;

/** Throws ServiceUnavailable when a copy that stays cannot be proven good, BackendError when a deletion fails. */
export async function trimBlob(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  const { metadata, fleet, replicas } = context;
  const blob = await metadata.blobs.find(blobId);
  if (blob === undefined) return;
  const removed = removedOf(await metadata.backends.list());
  const demand = new Set((await metadata.readDemand.of(blobId)).keys());
  const { kept, leaving, areEnding } = planTrim(context, blob, removed, demand);
  if (leaving.length === 0) return;
  const names = kept.map(({ name }) => name);
  const members = names.flatMap((name) => fleet.get(name) ?? []);
  const proofs = await Promise.all(members.map((member) => replicas.prove(blob, member)));
  if (proofs.filter(Boolean).length < names.length)
    throw tooFewBackends([], "a copy that stays could not be proven good");
  if (areEnding && kept.length < copiesOf(context, blob.wanted)) await checkReadable(context, blob, members, run);
  const lostBefore = areEnding ? undefined : new Date(context.now().getTime() - context.graceMs);
  for (const { backend } of leaving) {
    run.signal.throwIfAborted();
    if (removed.has(backend)) await forgetReplica(context, blob, backend, names);
    else await retireReplica(context, blob, backend, names, lostBefore);
    run.moved();
  }
  if (areEnding) await metadata.jobs.add({ kind: "copy", blobId }, undefined, kept.length <= 1);
}

/**
 * Where few copies are left, bytes that are being deleted may be the only good ones: throws ServiceUnavailable unless
 * one of these is read whole and right; Busy as Slots.
 */
async function checkReadable(
  context: JobContext,
  blob: Blob,
  members: readonly FleetMember[],
  run: JobRun,
): Promise<void> {
  for (const member of members) {
    const read = () => readWhole(context, blob, member, context.rate, run);
    const { digest } = await context.slots.hold([member.backend.name], read);
    if (digest !== undefined) return;
  }
  throw tooFewBackends([], "no copy that stays could be read whole");
}

/** Does the blob have replicas that can be removed, according to its rows? */
export function needsTrim(
  context: JobContext,
  blob: Pick<Blob, "replicas" | "wanted">,
  removed: ReadonlySet<string>,
): boolean {
  return planTrim(context, blob, removed).leaving.length > 0;
}

interface Plan {
  readonly kept: readonly Placement[];
  readonly leaving: readonly Replica[];
  /** The copies are not enough: deletions that were begun are ended, because nothing can be copied there before. */
  readonly areEnding: boolean;
}

function planTrim(
  context: JobContext,
  blob: Pick<Blob, "replicas" | "wanted">,
  removed: ReadonlySet<string>,
  demand?: ReadonlySet<string>,
): Plan {
  const kept = keptCopies(context, blob);
  if (kept !== undefined)
    return { kept, leaving: leavingReplicas(context, blob, kept, removed, demand), areEnding: false };
  const good = goodCopies(context, blob);
  const isEnding = ({ backend, state }: Replica) => state === "deleting" && mayTake(context, blob, backend);
  return { kept: good, leaving: good.length === 0 ? [] : blob.replicas.filter(isEnding), areEnding: true };
}

/** Can a copy be made there, once nothing is left there of an earlier one? */
function mayTake({ fleet }: JobContext, { wanted }: Pick<Blob, "wanted">, backend: string): boolean {
  return healthyMembers(fleet.members()).some(
    (member) => member.backend.name === backend && mayStandIn(member.region.name, wanted),
  );
}

/** The copies that stay, chosen like the places of a new blob; undefined: there are too few good copies. */
function keptCopies(context: JobContext, blob: Pick<Blob, "replicas" | "wanted">): readonly Placement[] | undefined {
  const good = goodCopies(context, blob);
  const answering = good.filter(({ name }) => context.fleet.get(name)?.up);
  return [answering, good]
    .map((some) => choosePlacement(some, [], copiesOf(context, blob.wanted), context.random))
    .find((kept) => areEnough(context, kept, blob.wanted));
}

/**
 * The replicas that can take a step now. Those on a backend that is down for long stay: they may be needed again.
 * `demand`: the regions that read the blob from afar; undefined: any may.
 */
function leavingReplicas(
  context: JobContext,
  { replicas, wanted }: Pick<Blob, "replicas" | "wanted">,
  kept: readonly Placement[],
  removed: ReadonlySet<string>,
  demand?: ReadonlySet<string>,
): readonly Replica[] {
  const stays = new Set(kept.map(({ name }) => name));
  const graceOver = context.now().getTime() - context.graceMs;
  return replicas.filter(({ backend, state, verifiedAt }) => {
    if (stays.has(backend)) return false;
    if (removed.has(backend)) return true;
    const region = context.fleet.get(backend)?.region.name ?? "";
    const isWelcome = context.fleet.isPresent(backend) && mayStandIn(region, wanted);
    if (state === "reader" && isWelcome && (demand?.has(region) ?? true)) return false;
    return mayAnswer(context, backend) && (state !== "lost" || verifiedAt.getTime() <= graceOver);
  });
}

/** `lostBefore`: as Blobs.retireReplica. */
async function retireReplica(
  { metadata, fleet }: JobContext,
  blob: Blob,
  backend: string,
  kept: readonly string[],
  lostBefore: Date | undefined,
): Promise<void> {
  const decided = performance.now();
  if ((await metadata.blobs.retireReplica(blob, backend, kept, lostBefore)) !== "deleting") return;
  const member = fleet.get(backend);
  if (member === undefined) return;
  if (performance.now() - decided > DECIDED_FOR_MS) throw tooFewBackends([], "the decision to delete is too old");
  await deleteBlobFrom(member, blob);
  await metadata.blobs.forgetReplica(blob.id, backend);
}

/** A removed backend is never used again: only the row is deleted. */
async function forgetReplica(
  { metadata, now }: JobContext,
  blob: Blob,
  backend: string,
  kept: readonly string[],
): Promise<void> {
  let state = await metadata.blobs.retireReplica(blob, backend, kept, now());
  if (state === "lost") state = await metadata.blobs.retireReplica(blob, backend, kept, now());
  if (state === "deleting") await metadata.blobs.forgetReplica(blob.id, backend);
}
