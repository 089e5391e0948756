/** Brings bytes that stand on some backends to `copies` of them, by copying from those that hold them. */
import type { BackendError } from "../../backends/backend.ts";
import { type BlobBytes, copyReplica } from "../replicas/copy-replica.ts";
import type { Site } from "../replicas/placement.ts";
import { asBackendError } from "../while-up.ts";
import type { Stores } from "./context.ts";

/**
 * The sites that hold the bytes in the end: `held` and what was added, as many as could be. `tried`: not to be copied
 * to. `failures` is added to.
 */
export async function spread(
  stores: Stores,
  bytes: BlobBytes,
  held: readonly Site[],
  tried: ReadonlySet<string>,
  failures: BackendError[],
): Promise<readonly Site[]> {
  const { sites } = stores;
  const holding = [...held];
  const done = new Set([...tried, ...held.map((site) => site.name)]);
  const sources = [...held];
  while (holding.length < sites.copies) {
    const source = sources[0] && sites.fleet.get(sources[0].name);
    const [target] = sites.draw(holding, done);
    if (source === undefined || target === undefined) break;
    try {
      await copyReplica(bytes, source, target);
      holding.push({ name: target.backend.name, region: target.region.name, capacity: target.backend.capacity });
      done.add(target.backend.name);
    } catch (error) {
      const failure = asBackendError(error, target.backend.name);
      failures.push(failure);
      sites.fleet.reportFailure(failure);
      if (failure.backend === target.backend.name) done.add(failure.backend);
      else sources.shift();
    }
  }
  return holding;
}
