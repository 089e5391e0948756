/** What keeps clients from being sent to a replica, although it can be read through the gateway. */
import { adopterOf } from "../backends/adopted-key.ts";
import type { FleetMember } from "../backends/fleet.ts";
import type { RedirectAbilities } from "../registration.ts";
import { admits, type PublicEndpoint } from "./public-endpoints.ts";
import type { ReadRequest } from "./read-request.ts";

export type Obstacle = "down" | "draining" | "failing" | "private" | "other networks" | "unfit" | "other attributes";

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

/** A backend answers with what it adopted beside the bytes: another object may refer to them by now. */
export function hasOtherAttributes(backend: string, { object, blob }: Pick<ReadRequest, "object" | "blob">): boolean {
  return adopterOf(blob.storageKey) === backend && object.attributes.adoptedAs !== blob.storageKey;
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
  "other attributes": "it adopted the bytes with the attributes of another object, and would answer with those",
  "other networks": "its clientNetworks do not admit the client's address",
};
