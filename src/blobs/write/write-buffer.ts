/**
 * A small body in memory -> `copies` backends. The next one replaces one that fails; when none is left, those that
 * failed are tried once more.
 */
import type { FleetMember } from "../../backends/fleet.ts";
import type { Placement } from "../replicas/placement.ts";
import { tooFewBackends, unretryable } from "../replicas/placer.ts";
import { openReplicaWriter, type WriteContext } from "./context.ts";
import { newTrail, outcomeOf } from "./trail.ts";

export interface Written {
  /** A reserved name that holds the bytes on each of `backends`. */
  readonly storageKey: string;
  /** The md5 of the bytes. */
  readonly etag: string;
  readonly backends: readonly string[];
  /** Others that may hold something under the name. */
  readonly touched: readonly string[];
}

/** Throws ServiceUnavailable when fewer than `needed` backends took the bytes; then the name is discarded. */
export async function writeBuffer(
  context: WriteContext,
  buffer: Buffer,
  md5: string,
  needed: number,
): Promise<Written> {
  const { placer, keyPool } = context;
  const need = { copies: needed, size: buffer.length };
  const storageKey = await keyPool.take();
  const held: Placement[] = [];
  const tried = new Set<string>();
  const trail = newTrail();
  const { failures } = trail;
  const writeTo = async (member: FleetMember) => {
    tried.add(member.backend.name);
    trail.touched.add(member.backend.name);
    const { placement, sink } = openReplicaWriter(
      context,
      member,
      (onFailure) => member.backend.write(storageKey, buffer.length, onFailure),
      (failure) => failures.push(failure),
      () => placer.isReplaceable(held, tried, need),
    );
    if (buffer.length > 0) await sink.write(buffer);
    if (await sink.finish(md5)) held.push(placement);
  };
  const writeToNew = async () => {
    while (held.length < placer.copies) {
      const members = placer.draw(held, tried, need);
      if (members.length === 0) return;
      await Promise.all(members.map(writeTo));
    }
  };
  await writeToNew();
  if (held.length < placer.copies && placer.canBeEnough(held, unretryable(failures), needed)) {
    for (const { backend } of failures) if (!unretryable(failures).has(backend)) tried.delete(backend);
    await writeToNew();
  }
  if (!placer.isEnough(held, needed)) {
    await keyPool.discard(storageKey);
    throw tooFewBackends(failures);
  }
  return { storageKey, etag: md5, ...outcomeOf(held, trail) };
}
