/**
 * Where a client is, by the first that knows: a trusted peer's claim, the client map (by network, then by the network's
 * operator), the coordinates of its city, its country. Else nobody knows, and the load is spread.
 */
import type { Geography } from "../geography/geography.ts";
import { carriedAddress } from "../geography/public-address.ts";
import type { Region } from "../model.ts";
import { readClaimedPlace } from "./client.ts";
import { NetworkMap } from "./networks.ts";
import { NOWHERE, type Place } from "./proximity.ts";
import type { ReadRequest } from "./read-request.ts";

/** Clients of a network, or of the network operator with that number, are closest to a region. */
export interface ClientMapRow {
  readonly cidr?: string | undefined;
  readonly asn?: number | undefined;
  readonly region: string;
}

export interface PlaceOptions {
  readonly clientMap: readonly ClientMapRow[];
  readonly regions: readonly Region[];
  readonly geography: Pick<Geography, "placeOf" | "asnOf">;
}

/** The function returned throws InvalidArgument for a claim that is no place. */
export function clientPlaceReader({
  clientMap,
  regions,
  geography,
}: PlaceOptions): (request: Pick<ReadRequest, "headers" | "trustedPeer" | "clientAddress">) => Place {
  const byNetwork = new NetworkMap(clientMap.flatMap(({ cidr, region }) => (cidr ? [[cidr, region] as const] : [])));
  const byOperator = new Map(clientMap.flatMap(({ asn, region }) => (asn ? [[asn, region] as const] : [])));
  const regionByName = new Map(regions.map((region) => [region.name, region]));
  const mapped = (address: string) => {
    const region = byNetwork.get(address) ?? byNetwork.get(carriedAddress(address) ?? "");
    if (region !== undefined || byOperator.size === 0) return region;
    const asn = geography.asnOf(address);
    return asn === undefined ? undefined : byOperator.get(asn);
  };
  return ({ headers, trustedPeer, clientAddress }) => {
    const claimed = readClaimedPlace(headers, trustedPeer);
    if (claimed !== undefined) return { ...NOWHERE, coordinates: claimed, source: "claimed" };
    const region = mapped(clientAddress);
    if (region !== undefined)
      return { ...NOWHERE, region, coordinates: regionByName.get(region), source: "client-map" };
    const located = geography.placeOf(clientAddress);
    return located === undefined ? NOWHERE : { ...located, region: undefined };
  };
}
