/** What keeps clients from being sent to a replica, although it can be read through the gateway. */
import type { FleetMember } from "../backends/fleet.ts";
import { admits, type PublicEndpoint } from "./public-endpoints.ts";

export type Obstacle = "down" | "draining" | "failing" | "private" | "other networks";

/** Undefined: this client may be sent there. */
export function obstacleTo(
  { up, draining, reads }: Pick<FleetMember, "up" | "draining" | "reads">,
  endpoint: PublicEndpoint | undefined,
  clientAddress: string,
): Obstacle | undefined {
  if (endpoint === undefined) return "private";
  if (!up) return "down";
  if (draining) return "draining";
  if (reads.state !== "closed") return "failing";
  return admits(endpoint, clientAddress) ? undefined : "other networks";
}

export const OBSTACLE_WORDS: Readonly<Record<Obstacle, string>> = {
  private: "it has no publicEndpoint",
  down: "it is down",
  draining: "it is being emptied",
  failing: "reads there fail: its breaker is not closed",
  "other networks": "its clientNetworks do not admit the client's address",
};
