/** Deletes bytes from one backend, finished or not. */
import { adopterOf } from "../backends/adopted-key.ts";
import { onlyBackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { checkSame } from "../blobs/replicas/verify.ts";
import type { Blob } from "../model.ts";

type Expected = Pick<Blob, "size" | "etag">;

/**
 * Resolves when the store says that nothing is there. `inParts`: unfinished uploads may stand there too. Throws
 * BackendError. Where it was adopted, what is not as `expected` is a client's other object, and stays.
 */
export async function deleteFrom(
  member: FleetMember,
  name: string,
  inParts: boolean,
  expected?: Expected,
): Promise<void> {
  if (adopterOf(name) === member.backend.name && !(expected && (await isStill(member, name, expected)))) return;
  if (inParts) await member.backend.abortUpload(name);
  await member.backend.delete(name);
}

export function deleteBlobFrom(member: FleetMember, blob: Blob): Promise<void> {
  return deleteFrom(member, blob.storageKey, blob.partSizes !== undefined, blob);
}

async function isStill({ backend }: FleetMember, name: string, expected: Expected): Promise<boolean> {
  try {
    checkSame(expected, await backend.stat(name), backend.name);
    return true;
  } catch (error) {
    const failure = onlyBackendError(error);
    if (failure.fault === "absent" || failure.fault === "corrupt") return false;
    throw failure;
  }
}
