/** Brings bytes that stand on some backends to `copies` of them, by copying from those that hold them. */
import { type BackendError, onlyBackendError } from "../../backends/backend.ts";
import { type BlobBytes, copyReplica } from "../replicas/copy-replica.ts";
import { type Placement, placementOf } from "../replicas/placement.ts";
import type { WriteContext } from "./context.ts";

/**
 * The placements that hold the bytes in the end: `held` and what was added, as many as could be. `tried`: not to be
 * copied to. `failures` is added to.
 */
export async function addReplicas(
  context: WriteContext,
  bytes: BlobBytes,
  held: readonly Placement[],
  tried: ReadonlySet<string>,
  failures: BackendError[],
): Promise<readonly Placement[]> {
  const { placer } = context;
  const holding = [...held];
  const done = new Set([...tried, ...held.map((placement) => placement.name)]);
  const sources = [...held];
  while (holding.length < placer.copies) {
    const source = sources[0] && placer.fleet.get(sources[0].name);
    const [target] = placer.draw(holding, done);
    if (source === undefined || target === undefined) break;
    try {
      await copyReplica(bytes, source, target);
      holding.push(placementOf(target));
      done.add(target.backend.name);
    } catch (error) {
      const failure = onlyBackendError(error);
      failures.push(failure);
      placer.fleet.reportFailure(failure);
      if (failure.backend === target.backend.name) done.add(failure.backend);
      else sources.shift();
    }
  }
  return holding;
}
