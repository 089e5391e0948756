/** Deletes bytes from one backend, finished or not. */
import { adopterOf } from "../backends/adopted-key.ts";
import { onlyBackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { checkSame } from "../blobs/replicas/verify.ts";
import type { Blob } from "../model.ts";

/**
 * Resolves when the store says that nothing is there. `inParts`: unfinished uploads may stand there too. Throws
 * BackendError.
 */
export async function deleteFrom(member: FleetMember, name: string, inParts: boolean): Promise<void> {
  if (inParts) await member.backend.abortUpload(name);
  await member.backend.delete(name);
}

/** As `deleteFrom`. What a client has put where the blob was adopted is another object, and stays. */
export async function deleteBlobFrom(member: FleetMember, blob: Blob): Promise<void> {
  if (adopterOf(blob.storageKey) === member.backend.name && !(await isStill(member, blob))) return;
  await deleteFrom(member, blob.storageKey, blob.partSizes !== undefined);
}

async function isStill({ backend }: FleetMember, blob: Blob): Promise<boolean> {
  try {
    checkSame(blob, await backend.stat(blob.storageKey), backend.name);
    return true;
  } catch (error) {
    const failure = onlyBackendError(error);
    if (failure.fault === "absent" || failure.fault === "corrupt") return false;
    throw failure;
  }
}
