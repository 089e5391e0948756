/** Has a gateway read a whole backend now, however lately its replicas were read. */
import type { Metadata } from "../metadata/metadata.ts";
import { knownBackend, Refusal } from "./refusal.ts";

/** One that waits or is under way is the same. Throws Refusal when the backend is not registered, or removed. */
export async function scrubNow(
  { backends, jobs }: Pick<Metadata, "backends" | "jobs">,
  name: string,
  now: Date,
): Promise<void> {
  const { state } = knownBackend(await backends.list(), name);
  if (state === "removed") throw new Refusal(`${name} is removed`);
  await jobs.add({ kind: "scrub", backend: name, until: now.getTime() }, undefined, true);
}
