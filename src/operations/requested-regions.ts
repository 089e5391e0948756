/** The regions that a write asks for in a header: one copy in each, and none elsewhere. */
import { invalidArgument, S3Error } from "../errors.ts";
import type { ObjectAttributes } from "../model.ts";
import type { ObjectCall, Services } from "./operation.ts";

export const REGIONS_HEADER = "x-nearbucket-regions";

/**
 * Throws InvalidArgument for a region without a backend, one outside of the bucket's own, and too many or too few;
 * AccessDenied for an anonymous caller, because nothing vouches for the header then.
 */
export function readRegions(
  { bucket, caller, headers }: Pick<ObjectCall, "bucket" | "caller" | "headers">,
  { placement }: Pick<Services, "placement">,
): Pick<ObjectAttributes, "regions"> {
  const text = headers[REGIONS_HEADER];
  if (text === undefined) return {};
  if (caller.account === undefined) throw new S3Error("AccessDenied");
  const refuse = (why: string) => invalidArgument(REGIONS_HEADER, text, why);
  const named = text.split(",").map((name) => name.trim());
  const known = placement.regions();
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined) throw refuse(`No backend is in a region of that name: ${unknown}`);
  const outside = named.find((name) => !allows(bucket, [name]));
  if (outside !== undefined) throw refuse(`The bucket's objects may not stand in ${outside}`);
  if (new Set(named).size < named.length) throw refuse("A region is named twice");
  if (named.length < placement.fewestCopies)
    throw refuse(`An object has at least ${placement.fewestCopies} copies here: name as many regions`);
  return { regions: named.sort() };
}

/** May an object of this bucket stand in these regions? */
export function allows({ settings }: Pick<ObjectCall["bucket"], "settings">, regions: readonly string[]): boolean {
  const { placement } = settings;
  return typeof placement !== "object" || regions.every((region) => placement.regions.includes(region));
}
