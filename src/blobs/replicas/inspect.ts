/**
 * Second looks at replicas that a read gives reason to doubt, behind the reader's back. What they find is noted; they
 * never reject.
 */
import { asBackendError } from "../../backends/backend.ts";
import type { Fleet, FleetMember } from "../../backends/fleet.ts";
import type { Blob } from "../../model.ts";
import { readReplica } from "./copy-replica.ts";
import type { Replicas } from "./verify.ts";

export interface InspectorOptions {
  readonly fleet: Fleet;
  readonly replicas: Replicas;
}

/** One of these backends gave wrong bytes and nobody knows which: reads each replica whole. */
export async function inspectWhole(options: InspectorOptions, blob: Blob, backends: readonly string[]): Promise<void> {
  for (const backend of backends) await look(options, blob, backend, (member) => readReplica(blob, member));
}

/** The backend cut its body before this byte: asks for it again. A store that knows of rot there says so now. */
export function inspectByte(options: InspectorOptions, blob: Blob, backend: string, byte: number): Promise<void> {
  const range = { first: byte, last: byte };
  return look(options, blob, backend, (member) => member.backend.read(blob.storageKey, 1, range));
}

async function look(
  { fleet, replicas }: InspectorOptions,
  blob: Blob,
  backend: string,
  read: (member: FleetMember) => Promise<unknown>,
): Promise<void> {
  const member = fleet.get(backend);
  if (!member?.up) return;
  try {
    await read(member);
  } catch (error) {
    await replicas.noteFailure(blob, asBackendError(error, backend));
  }
}
