/** Is a backend in each region that buckets and blobs are kept in? */
import type { HolderSet } from "../../metadata/holders.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import type { Bucket } from "../../model.ts";
import { goneRegions } from "../gone-regions.ts";
import { type Finding, ok } from "./finding.ts";

/** Buckets read at once. */
const PAGE = 1000;
/** So many buckets are named. */
const SHOWN = 5;

interface InRegion {
  readonly name: string;
  readonly region: string;
}

/** `backends`: those in use. Walks all buckets. */
export async function checkPlacement(
  { buckets, holders }: Pick<Metadata, "buckets" | "holders">,
  backends: readonly InRegion[],
): Promise<readonly Finding[]> {
  const restricted: Bucket[] = [];
  for (let after: string | undefined; ; ) {
    const page = await buckets.listAll({ after, limit: PAGE });
    restricted.push(...page.filter((bucket) => regionsOf(bucket).length > 0));
    if (page.length < PAGE) break;
    after = page.at(-1)?.name;
  }
  return judgePlacement(restricted, await holders.sets(), backends);
}

/**
 * One finding for each region without a backend; one in all where there is none, and somebody names regions. An error
 * where blobs have no copy left in their regions: they are read by proxy alone, and not repaired.
 */
export function judgePlacement(
  buckets: readonly Pick<Bucket, "name" | "settings">[],
  sets: readonly (Pick<HolderSet, "blobs" | "wanted"> & Partial<Pick<HolderSet, "backends">>)[],
  backends: readonly InRegion[],
): readonly Finding[] {
  const named = buckets.flatMap(regionsOf);
  const gone = goneRegions(sets, backends, named);
  const isAny = named.length > 0 || sets.some(({ wanted }) => wanted?.regions !== undefined);
  if (isAny && gone.length === 0)
    return [ok("placement", undefined, "a backend is in each region that buckets and objects are kept in")];
  return gone.map(({ region, blobs, copiesOn, outside }) => {
    const keeping = buckets.filter((bucket) => regionsOf(bucket).includes(region)).map(({ name }) => name);
    const more = keeping.length > SHOWN ? ", ..." : "";
    const names = keeping.length === 0 ? "" : ` (${keeping.slice(0, SHOWN).join(", ")}${more})`;
    const standing = copiesOn.map((name) => `${name} in ${backends.find((one) => one.name === name)?.region}`);
    return {
      ...{ level: outside > 0 ? "error" : "warning", check: "placement", subject: region },
      says:
        `no backend in use is in this region, where ${keeping.length} buckets${names} and ${blobs} blobs are kept` +
        (standing.length > 0 ? `; copies that do not count stand on ${standing.join(", ")}` : "") +
        (outside > 0 ? `. ${outside} of the blobs have no copy in their regions: only the gateway reads them` : ""),
      remedy: standing.length > 0 ? `${RENAMED} ${REMEDY}` : REMEDY,
    };
  });
}

const RENAMED =
  "If this region was given another name, give it the old one again, in regions and in the backends of the " +
  "configuration: what is kept there knows it by that name, and its copies count again at once.";

const REMEDY =
  "Attach a backend there, or correct the region of one in the configuration. A bucket can be given more " +
  "regions, for what is written from then on: nearbucket buckets set BUCKET --placement REGION,REGION";

function regionsOf({ settings: { placement } }: Pick<Bucket, "settings">): readonly string[] {
  return typeof placement === "object" ? placement.regions : [];
}
