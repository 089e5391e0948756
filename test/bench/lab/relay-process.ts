/**
 * `relay-process REGION PORT...`: stands before the servers of a region. It listens on the region's address and passes
 * everything to the same port of 127.0.0.1, from an address that tells the server where the client is.
 */
import { regionAt, seenAs, serverAddress } from "./addresses.ts";
import { INITIAL_WINDOW_BYTES, regionOf, rttMs, WINDOW_BYTES } from "./regions.ts";
import { openRelay } from "./relay.ts";

const [name = "", ...ports] = process.argv.slice(2);
const here = regionOf(name);
for (const port of ports.map(Number))
  await openRelay({
    host: serverAddress(here),
    port,
    to: (address) => ({ host: "127.0.0.1", port, localAddress: seenAs(address) }),
    way: (address) => ({
      rttMs: rttMs(regionAt(address), here),
      initialWindowBytes: INITIAL_WINDOW_BYTES,
      windowBytes: WINDOW_BYTES,
    }),
  });
