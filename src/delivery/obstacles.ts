/** What keeps clients from being sent to a replica, although it can be read through the gateway. */
import type { FleetMember } from "../backends/fleet.ts";
import type { RedirectAbilities } from "../registration.ts";
import { admits, type PublicEndpoint } from "./public-endpoints.ts";

export type Obstacle = "down" | "draining" | "failing" | "private" | "other networks" | "unfit";

/** Undefined: this client may be sent there. */
export function obstacleTo(
  { up, draining, reads, abilities }: Pick<FleetMember, "up" | "draining" | "reads" | "abilities">,
  endpoint: PublicEndpoint | undefined,
  clientAddress: string,
): Obstacle | undefined {
  if (endpoint === undefined) return "private";
  if (!up) return "down";
  if (draining) return "draining";
  if (reads.state !== "closed") return "failing";
  if (abilities !== undefined && isUnfit(abilities)) return "unfit";
  return admits(endpoint, clientAddress) ? undefined : "other networks";
}

/** Read there, an object would not be what it is when it is read through the gateway. */
function isUnfit({ keyReads, sameStore, ranges, conditions, overrides }: RedirectAbilities): boolean {
  return (
    !(keyReads ?? true) || !(sameStore ?? true) || !(ranges ?? true) || !(conditions ?? true) || !(overrides ?? true)
  );
}

export const OBSTACLE_WORDS: Readonly<Record<Obstacle, string>> = {
  private: "it has no publicEndpoint",
  down: "it is down",
  draining: "it is being emptied",
  failing: "reads there fail: its breaker is not closed",
  unfit: "a redirected read there was answered wrongly when it was tried: nearbucket backends show",
  "other networks": "its clientNetworks do not admit the client's address",
};
