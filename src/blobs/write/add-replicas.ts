/** Brings bytes that stand on some backends to `copies` of them, by copying from those that hold them. */
import { onlyBackendError } from "../../backends/backend.ts";
import { type BlobBytes, copyReplica } from "../replicas/copy-replica.ts";
import { type Placement, placementOf } from "../replicas/placement.ts";
import type { WriteContext } from "./context.ts";
import type { Trail } from "./trail.ts";

export interface SpreadOptions {
  /** Replicas without which the write is not acknowledged: for these, the last resorts are tried too. */
  readonly needed: number;
  readonly signal?: AbortSignal;
  /** Called before the first byte goes to a backend. */
  readonly before?: (backend: string) => Promise<void>;
}

/**
 * The placements that hold the bytes in the end: what was added, and those of `held` that no copy disproved and where
 * the bytes may stand: the others, as of a backend that is in another region by now, are only read. `tried`: not to be
 * copied to. A copy reads its source whole and holds it against all that is known of the bytes.
 */
export async function addReplicas(
  context: WriteContext,
  bytes: BlobBytes,
  held: readonly Placement[],
  tried: ReadonlySet<string>,
  trail: Trail,
  { needed, signal, before }: SpreadOptions,
): Promise<readonly Placement[]> {
  const { placer } = context;
  const done = new Set([...tried, ...held.map((placement) => placement.name)]);
  let holding: readonly Placement[] = held.filter(({ region }) => placer.mayStandIn(region));
  let sources = held;
  while (holding.length < placer.copies) {
    const source = sources[0] && placer.fleet.get(sources[0].name);
    const [target] = placer.draw(holding, done, { copies: needed, size: bytes.size });
    if (source === undefined || target === undefined) break;
    const { name } = target.backend;
    signal?.throwIfAborted();
    trail.touched.add(name);
    await before?.(name);
    try {
      await copyReplica(bytes, source, target, { signal });
      holding = [...holding, placementOf(target)];
      done.add(name);
    } catch (error) {
      signal?.throwIfAborted();
      const failure = onlyBackendError(error);
      trail.failures.push(failure);
      placer.fleet.reportFailure(failure);
      if (failure.backend === name) done.add(name);
      else sources = without(sources, failure.backend);
      // What it holds is not what was sent. One that only cannot be reached has acknowledged, and counts.
      if (failure.fault === "absent" || failure.fault === "corrupt") holding = without(holding, failure.backend);
    }
  }
  return holding;
}

function without(placements: readonly Placement[], name: string): readonly Placement[] {
  return placements.filter((placement) => placement.name !== name);
}
