/** Under which name a gateway asks old services: one that hears its own would read in circles. */
import { createHash } from "node:crypto";
import type { Metadata } from "../metadata/metadata.ts";

export const ASKER_HEADER = "x-nearbucket-asker";

/** Of all gateways on one database, by each backend that it knows: it asks under the first. */
export async function askerNames({ backends }: Pick<Metadata, "backends">): Promise<readonly string[]> {
  const known = await backends.list();
  return known.map(({ identity, registeredAt }) =>
    createHash("sha256").update(`${identity} ${registeredAt.getTime()}`).digest("hex"),
  );
}
