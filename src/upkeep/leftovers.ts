/** Names that a writer reserved and then died with become drop jobs, whatever was or was not written under them. */
import type { Upkept } from "./upkept.ts";

/** `graceMs` counts from the end of the writer's lease. */
export async function dropLeftovers({ metadata, now, log }: Upkept, graceMs: number): Promise<void> {
  const names = await metadata.names.discardLeftovers(new Date(now().getTime() - graceMs));
  if (names > 0) log.info({ names }, "what a dead writer left behind will be dropped");
}
