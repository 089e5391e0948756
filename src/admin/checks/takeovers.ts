/** Can what a bucket takes over be read? Where it cannot, clients get 503 for whatever is not in that bucket. */
import { reasonOf } from "../../log.ts";
import type { TakingOver } from "../../metadata/takeovers.ts";
import type { OldBucket } from "../../model.ts";
import { nameOfOld } from "../../old-bucket.ts";
import { error, type Finding, ok } from "./finding.ts";

/** `ask`: throws when the old bucket cannot be listed. */
export async function checkTakeovers(
  takeovers: readonly TakingOver[],
  ask: (from: OldBucket) => Promise<unknown>,
): Promise<readonly Finding[]> {
  return Promise.all(
    takeovers.map(async ({ bucket, from }) => {
      const place = nameOfOld(from);
      const finish = `nearbucket import ${place} --to ${bucket}${from.inPlace ? " --in-place" : ""} --finish`;
      try {
        await ask(from);
        return ok("takeover", bucket, `reads what it lacks in ${place}, until: ${finish}`);
      } catch (cause) {
        return error({
          ...{ check: "takeover", subject: bucket },
          says: `takes over ${place}, which cannot be read: ${reasonOf(cause) ?? String(cause)}`,
          remedy: `See to that service, or end the takeover: nearbucket import ${place} --to ${bucket} --stop`,
        });
      }
    }),
  );
}
