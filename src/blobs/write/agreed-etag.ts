/**
 * The md5 of a stream, from the stores that received it. Each computes it over what reached it, so two that name the
 * same one have the same bytes, and those are the bytes that were sent: damage on the way to one of them would show.
 * Where they differ, or one alone is left, they are read back.
 */
import type { Fleet } from "../../backends/fleet.ts";
import { type BlobBytes, readReplica } from "../replicas/copy-replica.ts";
import type { Outlet } from "../replicas/replica-writer.ts";
import { asBackendError } from "../while-up.ts";

export function isMd5(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}

/**
 * Disproves the outlets whose store holds something else; undefined when none is left. `stored.digest` is what the
 * bytes sent were.
 */
export async function agreedEtag(
  fleet: Fleet,
  outlets: readonly Outlet[],
  stored: Omit<BlobBytes, "etag">,
): Promise<string | undefined> {
  const whole = outlets.filter((outlet) => outlet.failure === undefined);
  const [first, ...others] = whole.map((outlet) => outlet.etag ?? "");
  if (first !== undefined && others.length > 0 && isMd5(first) && others.every((etag) => etag === first)) return first;
  for (const outlet of whole) await readBack(fleet, outlet, stored);
  return whole.find((outlet) => outlet.failure === undefined)?.etag;
}

async function readBack(fleet: Fleet, outlet: Outlet, stored: Omit<BlobBytes, "etag">): Promise<void> {
  const member = fleet.get(outlet.site.name);
  if (member === undefined) return;
  try {
    await readReplica({ ...stored, etag: outlet.etag ?? "" }, member);
  } catch (error) {
    outlet.disprove(asBackendError(error, outlet.site.name));
  }
}
