/**
 * Who has which address: pure. A machine has 10.77.REGION.HOST; a server sees it as 10.78.REGION.HOST, because the
 * relay, which connects in its place, stands on the server's machine.
 */
import { type LabRegion, regions } from "./regions.ts";

export type Machine = "servers" | "client";

/** The addresses of a client: one that the client map knows, and one that it does not. */
export type ClientAddress = "mapped" | "unmapped";

const HOSTS = { servers: 1, mapped: 2, unmapped: 130 } as const;

export const GATEWAY_PORT = 9000;
export const NODE_PORT = 9100;
/** Bytes without a gateway, to hold the relay against theory. */
export const PLAIN_PORT = 9200;

/** The lab's own, from which the servers are started and filled. */
export const HUB_ADDRESS = "10.77.0.1";

export function serverAddress(region: LabRegion): string {
  return `10.77.${region.number}.${HOSTS.servers}`;
}

export function clientAddress(region: LabRegion, which: ClientAddress): string {
  return `10.77.${region.number}.${HOSTS[which]}`;
}

export function addressesOf(region: LabRegion, machine: Machine): readonly string[] {
  if (machine === "servers") return [serverAddress(region)];
  return [clientAddress(region, "mapped"), clientAddress(region, "unmapped")];
}

/** What the relay takes for its own when the connection comes from `address`. */
export function seenAs(address: string): string {
  return address.replace(/^(?:::ffff:)?10\.77\./, "10.78.");
}

/** Undefined: the hub. */
export function regionAt(address: string): LabRegion | undefined {
  const number = Number(address.split(".").at(-2));
  return regions.find((region) => region.number === number);
}

/** All that a server may see. */
export const seenAddresses: readonly string[] = [
  HUB_ADDRESS,
  ...regions.flatMap((region) => [...addressesOf(region, "servers"), ...addressesOf(region, "client")]),
].map(seenAs);

/** A row for each region; the unmapped addresses are in none. */
export const clientMap = regions.map(({ name, number }) => ({ cidr: `10.78.${number}.0/25`, region: name }));
