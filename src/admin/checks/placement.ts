/** Is a backend in each region that buckets and blobs are kept in? */
import type { HolderSet } from "../../metadata/holders.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import type { Bucket } from "../../model.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** Buckets read at once. */
const PAGE = 1000;
/** So many buckets are named. */
const SHOWN = 5;

/** `regions`: those of the backends in use. Walks all buckets. */
export async function checkPlacement(
  { buckets, holders }: Pick<Metadata, "buckets" | "holders">,
  regions: readonly string[],
): Promise<readonly Finding[]> {
  const restricted: Bucket[] = [];
  for (let after: string | undefined; ; ) {
    const page = await buckets.listAll({ after, limit: PAGE });
    restricted.push(...page.filter((bucket) => regionsOf(bucket).length > 0));
    if (page.length < PAGE) break;
    after = page.at(-1)?.name;
  }
  return judgePlacement(restricted, await holders.sets(), regions);
}

/** One finding for each region without a backend; one in all where there is none, and somebody names regions. */
export function judgePlacement(
  buckets: readonly Pick<Bucket, "name" | "settings">[],
  sets: readonly Pick<HolderSet, "blobs" | "wanted">[],
  regions: readonly string[],
): readonly Finding[] {
  const named = new Set([...buckets.flatMap(regionsOf), ...sets.flatMap(({ wanted }) => wanted?.regions ?? [])]);
  const gone = [...named].filter((region) => !regions.includes(region)).sort();
  if (named.size > 0 && gone.length === 0)
    return [ok("placement", undefined, "a backend is in each region that buckets and objects are kept in")];
  return gone.map((region) => {
    const keeping = buckets.filter((bucket) => regionsOf(bucket).includes(region)).map(({ name }) => name);
    const blobs = sets.reduce((sum, set) => sum + (set.wanted?.regions?.includes(region) ? set.blobs : 0), 0);
    const more = keeping.length > SHOWN ? ", ..." : "";
    const names = keeping.length === 0 ? "" : ` (${keeping.slice(0, SHOWN).join(", ")}${more})`;
    return warning({
      check: "placement",
      subject: region,
      says: `no backend in use is in this region, where ${keeping.length} buckets${names} and ${blobs} blobs are kept`,
      remedy:
        "Attach a backend there, or correct the region of one in the configuration. A bucket can be given more " +
        "regions: nearbucket buckets set BUCKET --placement REGION,REGION",
    });
  });
}

function regionsOf({ settings: { placement } }: Pick<Bucket, "settings">): readonly string[] {
  return typeof placement === "object" ? placement.regions : [];
}
