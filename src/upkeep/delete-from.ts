/** Deletes one name's bytes from one backend, finished or not. */
import type { FleetMember } from "../backends/fleet.ts";
import { wentDown, whileUp } from "../blobs/while-up.ts";

/**
 * Resolves when the store says that nothing is there. `inParts`: unfinished uploads may stand there too. Throws
 * BackendError.
 */
export async function deleteFrom(member: FleetMember, name: string, inParts: boolean): Promise<void> {
  if (!member.up) throw wentDown(member);
  if (inParts) await whileUp(member, () => member.backend.abortUpload(name));
  await whileUp(member, () => member.backend.delete(name));
}
