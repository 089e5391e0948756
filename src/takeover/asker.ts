/**
 * Who asks an old service, and for whom: a gateway that finds itself among those would read in circles. What a request
 * asks is asked for all who stand behind it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { HeaderFields } from "../model.ts";

const ASKER_HEADER = "x-nearbucket-asker";
/** In a row of gateways of which each takes over a bucket of the next. */
const MOST = 8;

const behind = new AsyncLocalStorage<readonly string[]>();

/**
 * Does what a request asks for. Throws InvalidBucketState, which nobody tries again, where this gateway asks itself, or
 * too many stand behind the request.
 */
export async function askedBy<T>(
  headers: HeaderFields,
  metadata: Pick<Metadata, "backends">,
  work: () => Promise<T>,
): Promise<T> {
  const header = headers[ASKER_HEADER];
  if (header === undefined) return work();
  const askers = header.split(",").map((name) => name.trim());
  const own = await askerNames(metadata);
  if (askers.some((name) => own.includes(name)))
    throw new S3Error("InvalidBucketState", { message: "A gateway takes over no bucket of its own." });
  if (askers.length >= MOST)
    throw new S3Error("InvalidBucketState", { message: "Too many gateways take over a bucket of one another." });
  return behind.run(askers, work);
}

/** What requests to old services bear, from now on: all who stand behind what is being done, and this gateway. */
export async function askerHeaders(
  metadata: Pick<Metadata, "backends">,
): Promise<() => Readonly<Record<string, string>>> {
  const [own] = await askerNames(metadata);
  return () => (own === undefined ? {} : { [ASKER_HEADER]: [...(behind.getStore() ?? []), own].join(", ") });
}

/** Of all gateways on one database, by each backend that it knows: it asks under the first. */
async function askerNames({ backends }: Pick<Metadata, "backends">): Promise<readonly string[]> {
  const known = await backends.list();
  return known.map(({ identity, registeredAt }) =>
    createHash("sha256").update(`${identity} ${registeredAt.getTime()}`).digest("hex"),
  );
}
