/**
 * The md5 of a stream, from the backends that received it. Each computes it over what reached it. Two that name the
 * same md5 have the same bytes, and those are the bytes that were sent: damage on the way to one of them would show.
 * When they differ, the replicas are read back. When only one is left, the copy that it needs anyway proves it.
 */
import { onlyBackendError } from "../../backends/backend.ts";
import type { Fleet } from "../../backends/fleet.ts";
import { type BlobBytes, readReplica } from "../replicas/copy-replica.ts";
import { aliveWriters, type ReplicaWriter } from "../replicas/replica-writer.ts";

export function isMd5(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}

/** The md5 that two backends or more name and none contradicts; undefined: there is none. None of them has failed. */
export function etagNamedByAll(writers: readonly ReplicaWriter[]): string | undefined {
  const [first, ...others] = writers.map(({ sink }) => sink.etag);
  if (first === undefined || others.length === 0 || !isMd5(first)) return undefined;
  return others.every((etag) => etag === first) ? first : undefined;
}

export interface Agreed {
  readonly etag: string;
  /** False: one store alone says so, and what it holds is still to be read. */
  readonly isProven: boolean;
}

/**
 * Disproves the writers whose store holds something else; undefined when none is left. `stored.digest` is what the
 * bytes sent were.
 */
export async function agreedEtag(
  fleet: Fleet,
  writers: readonly ReplicaWriter[],
  stored: Omit<BlobBytes, "etag">,
): Promise<Agreed | undefined> {
  const whole = aliveWriters(writers);
  const agreed = etagNamedByAll(whole);
  if (agreed !== undefined) return { etag: agreed, isProven: true };
  if (whole.length > 1) for (const writer of whole) await readBack(fleet, writer, stored);
  const etag = aliveWriters(whole)[0]?.sink.etag;
  return etag === undefined ? undefined : { etag, isProven: whole.length > 1 };
}

async function readBack(fleet: Fleet, writer: ReplicaWriter, stored: Omit<BlobBytes, "etag">): Promise<void> {
  const member = fleet.get(writer.placement.name);
  if (member === undefined) return;
  try {
    await readReplica({ ...stored, etag: writer.sink.etag ?? "" }, member);
  } catch (error) {
    writer.sink.disprove(onlyBackendError(error));
  }
}
