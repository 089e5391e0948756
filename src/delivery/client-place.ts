/** Where a client is: the place that a trusted peer claims for it, else the region that the client map names. */
import type { Region } from "../model.ts";
import { readClaimedPlace } from "./client.ts";
import { NetworkMap } from "./networks.ts";
import type { Place } from "./proximity.ts";
import type { ReadRequest } from "./read-request.ts";

export interface ClientMapRow {
  readonly cidr: string;
  readonly region: string;
}

const NOWHERE: Place = { region: undefined, coordinates: undefined };

/** The function returned throws InvalidArgument for a claim that is no place. */
export function clientPlaceReader(
  clientMap: readonly ClientMapRow[],
  regions: readonly Region[],
): (request: Pick<ReadRequest, "headers" | "trustedPeer" | "clientAddress">) => Place {
  const regionByNetwork = new NetworkMap(clientMap.map(({ cidr, region }) => [cidr, region] as const));
  const regionByName = new Map(regions.map((region) => [region.name, region]));
  return ({ headers, trustedPeer, clientAddress }) => {
    const claimed = readClaimedPlace(headers, trustedPeer);
    if (claimed !== undefined) return { region: undefined, coordinates: claimed };
    const region = regionByNetwork.get(clientAddress);
    return region === undefined ? NOWHERE : { region, coordinates: regionByName.get(region) };
  };
}
