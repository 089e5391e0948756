/** Makes drop jobs of the storage keys that a dead writer had reserved, whether or not it wrote anything under them. */
import type { JobContext } from "./job-context.ts";

/** `graceMs` counts from the end of the writer's lease. */
export async function dropLeftovers({ metadata, now, log }: JobContext, graceMs: number): Promise<void> {
  const names = await metadata.keyReservations.discardLeftovers(new Date(now().getTime() - graceMs));
  if (names > 0) log.info({ names }, "what a dead writer left behind will be dropped");
}
