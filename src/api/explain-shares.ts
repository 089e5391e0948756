/** Where readers go: many clients' addresses at once, and the region that each would be sent to. */
import { type Shares, shares, sharesAsked } from "../contract/explain.ts";
import { parseAddress } from "../delivery/client.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { distanceKm } from "../delivery/proximity.ts";
import { apiOperation } from "./api-operation.ts";
import { ApiError } from "./problems.ts";
import { findReadable } from "./rights.ts";

export const explainShares = apiOperation({
  method: "POST",
  path: "/explain/shares",
  summary: "How many of some clients' addresses each region would serve, if they were redirected",
  access: "caller",
  body: sharesAsked,
  answer: shares,
  async handle({ caller, body: { bucket, key, addresses }, note }, services) {
    const clients = checkAddresses(addresses);
    note({ bucket, key, addresses: clients.length });
    const { blob } = await findReadable(services, caller, { bucket, key });
    return countByRegion(clients.map((address) => services.delivery.closestTo(blob, address)));
  },
});

type Closest = ReturnType<Delivery["closestTo"]>;

/** As the gateway writes them. Throws BadRequest with every one that is none. */
function checkAddresses(given: readonly string[]): readonly string[] {
  const parsed = given.map(parseAddress);
  const faults = parsed.flatMap((address, index) =>
    address === undefined ? [{ pointer: `/addresses/${index}`, detail: faultOf(given[index]) }] : [],
  );
  if (faults.length > 0) throw new ApiError("BadRequest", undefined, { faults });
  return parsed.filter((address) => address !== undefined);
}

/** With what was given, cut: the addresses come from a long file, a part of it at a time. */
function faultOf(text = ""): string {
  return `an IP address, such as 192.0.2.1, and not ${JSON.stringify(text.slice(0, 50))}`;
}

/** Those with the most addresses first. */
function countByRegion(closest: readonly Closest[]): Shares {
  const regions = new Map<string, { addresses: number; placed: number; km: number }>();
  for (const { place, replica } of closest) {
    if (replica === undefined) continue;
    const counted = regions.get(replica.region) ?? { addresses: 0, placed: 0, km: 0 };
    regions.set(replica.region, counted);
    counted.addresses += 1;
    if (place.coordinates === undefined) continue;
    counted.placed += 1;
    counted.km += distanceKm(place.coordinates, replica.coordinates);
  }
  return {
    regions: [...regions]
      .map(([region, { addresses, placed, km }]) => ({
        region,
        addresses,
        placed,
        ...(placed > 0 && { meanKm: Math.round(km / placed) }),
      }))
      .sort((one, other) => other.addresses - one.addresses || (one.region < other.region ? -1 : 1)),
    streamed: closest.filter(({ replica }) => replica === undefined).length,
  };
}
