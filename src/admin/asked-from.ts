/** Who is told more than everybody, or let at the API at all: by where they ask from. */
import { isLoopback } from "../delivery/client.ts";
import { NetworkMap } from "../delivery/networks.ts";
import type { Client } from "../model.ts";

/**
 * This machine, and clients in `networks`. Somebody asking through a proxy counts by its own address, and only if a
 * trusted proxy says what that is: the proxy's own address, loopback or not, opens nothing. Nor does a loopback address
 * that a proxy names: it is the proxy's machine.
 */
export function askedFrom(networks: readonly string[]): (client: Client) => boolean {
  const known = new NetworkMap<true>(networks.map((cidr) => [cidr, true] as const));
  return ({ address, certain, direct, relayed, trustedPeer }) => {
    if (direct) return (!relayed && isLoopback(address)) || known.get(address) === true;
    return trustedPeer && certain && known.get(address) === true;
  };
}
