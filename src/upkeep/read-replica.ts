/** Makes a copy for readers of a region that has none. It keeps nothing safe, and is removed when the reading stops. */
import { BackendError } from "../backends/backend.ts";
import { choosePlacement, healthyMembers, isLastResort, placementOf } from "../blobs/replicas/placement.ts";
import { mayStandIn } from "../wanted.ts";
import { addReplica } from "./copy.ts";
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

/**
 * Does nothing where there is no room, or where it became pointless: the next reads ask anew. Throws BackendError when
 * the copy fails, ServiceUnavailable when no source is left; Busy as Slots.
 */
export async function addReadReplica(
  context: JobContext,
  { blobId, region, max }: { readonly blobId: number; readonly region: string; readonly max: number },
  run: JobRun,
): Promise<void> {
  const { metadata, fleet, slots } = context;
  const blob = await metadata.blobs.find(blobId);
  if (blob === undefined || !mayStandIn(region, blob.wanted)) return;
  if (!(await metadata.blobs.isReferenced(blobId)) || !(await metadata.readDemand.of(blobId)).has(region)) return;
  const stands = (name: string) => blob.replicas.some(({ backend }) => backend === name);
  const there = fleet.members().filter((member) => member.region.name === region);
  if (there.some(({ backend }) => stands(backend.name))) return;
  if (blob.replicas.filter(({ state }) => state === "reader").length >= max) return;
  const free = healthyMembers(there).filter((member) => !isLastResort(member, blob.size));
  const [place] = choosePlacement(free.map(placementOf), [], 1, context.random);
  const target = place && fleet.get(place.name);
  if (target === undefined) return;
  const outcome = await slots.hold([target.backend.name], () => addReplica(context, blob, target, run, "reader"));
  if (outcome instanceof BackendError) throw outcome;
}
