/** The name of a bucket that another takes over, as commands take it and reports give it. */
import type { OldBucket } from "./model.ts";

export function nameOfOld({ service, bucket }: Pick<OldBucket, "service" | "bucket">): string {
  return `${service}/${bucket}`;
}
