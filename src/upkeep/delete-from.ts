/** Deletes one name's bytes from one backend, finished or not. */
import type { FleetMember } from "../backends/fleet.ts";

/**
 * Resolves when the store says that nothing is there. `inParts`: unfinished uploads may stand there too. Throws
 * BackendError.
 */
export async function deleteFrom(member: FleetMember, name: string, inParts: boolean): Promise<void> {
  if (inParts) await member.backend.abortUpload(name);
  await member.backend.delete(name);
}
