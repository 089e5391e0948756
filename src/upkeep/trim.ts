/**
 * Takes away the replicas of a blob that it does not need: more than its number, those on a backend that is being
 * emptied or was removed, and what failed writes and lost replicas left behind. First the row says lost, so that no
 * reader is sent there; when the grace for earlier readers is over, it says deleting; then the bytes go, and last the
 * row. Before each step the copies that stay are proven good, as many as there should be and in two regions.
 */
import { areEnough, goodCopies } from "../blobs/replicas/good-copies.ts";
import { choosePlacement, type Placement } from "../blobs/replicas/placement.ts";
import { tooFewBackends } from "../blobs/replicas/placer.ts";
import type { Blob, Replica } from "../model.ts";
import { deleteFrom } from "./delete-from.ts";
import { type JobContext, mayAnswer, removedOf } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

/** How old a permission to delete may be when it is used: a process that slept meanwhile asks again. */
const DECIDED_FOR_MS = 10_000;

/** Throws ServiceUnavailable when a copy that is to stay cannot be proven good now, or bytes cannot be deleted. */
export async function trimBlob(context: JobContext, blobId: number, run: JobRun): Promise<void> {
  const { metadata, fleet, replicas } = context;
  const blob = await metadata.blobs.find(blobId);
  if (blob === undefined) return;
  const removed = removedOf(await metadata.backends.list());
  const kept = keptCopies(context, blob.replicas);
  const leaving = kept === undefined ? [] : leavingReplicas(context, blob.replicas, kept, removed);
  if (kept === undefined || leaving.length === 0) return;
  const names = kept.map(({ name }) => name);
  const members = names.flatMap((name) => fleet.get(name) ?? []);
  const proofs = await Promise.all(members.map((member) => replicas.prove(blob, member)));
  if (proofs.filter(Boolean).length < names.length)
    throw tooFewBackends([], "a copy that is to stay could not be proven good");
  for (const { backend } of leaving) {
    run.signal.throwIfAborted();
    if (removed.has(backend)) await forgetReplica(context, blob, backend, names);
    else await retireReplica(context, blob, backend, names);
    run.moved();
  }
}

/** Is there anything to take away, as far as the rows tell? */
export function needsTrim(context: JobContext, replicas: readonly Replica[], removed: ReadonlySet<string>): boolean {
  const kept = keptCopies(context, replicas);
  return kept !== undefined && leavingReplicas(context, replicas, kept, removed).length > 0;
}

/** The copies that stay, drawn as for a new blob; undefined: there are too few good ones to take any away. */
function keptCopies(context: JobContext, replicas: readonly Replica[]): readonly Placement[] | undefined {
  const good = goodCopies(context, replicas);
  const answering = good.filter(({ name }) => context.fleet.get(name)?.up);
  return [answering, good]
    .map((some) => choosePlacement(some, [], context.copies, context.random))
    .find((kept) => areEnough(context, kept));
}

/** Those that can take a step now. A backend that is away for long keeps its replicas: they may be needed again. */
function leavingReplicas(
  context: JobContext,
  replicas: readonly Replica[],
  kept: readonly Placement[],
  removed: ReadonlySet<string>,
): readonly Replica[] {
  const stays = new Set(kept.map(({ name }) => name));
  const graceOver = context.now().getTime() - context.graceMs;
  return replicas.filter(({ backend, state, verifiedAt }) => {
    if (stays.has(backend)) return false;
    if (removed.has(backend)) return true;
    return mayAnswer(context, backend) && (state !== "lost" || verifiedAt.getTime() <= graceOver);
  });
}

async function retireReplica(
  { metadata, fleet, now, graceMs }: JobContext,
  blob: Blob,
  backend: string,
  kept: readonly string[],
): Promise<void> {
  const decided = performance.now();
  const lostBefore = new Date(now().getTime() - graceMs);
  if ((await metadata.blobs.retireReplica(blob, backend, kept, lostBefore)) !== "deleting") return;
  const member = fleet.get(backend);
  if (member === undefined) return;
  if (performance.now() - decided > DECIDED_FOR_MS) throw tooFewBackends([], "it took too long to decide");
  await deleteFrom(member, blob.storageKey, blob.partSizes !== undefined);
  await metadata.blobs.forgetReplica(blob.id, backend);
}

/** A removed backend is never asked again: the row alone goes. */
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
