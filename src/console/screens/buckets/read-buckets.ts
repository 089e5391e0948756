/** What ListBuckets answers. */
import { done, type Result } from "../../wire/fault.ts";
import type { Node } from "../../wire/xml.ts";

export interface BucketRow {
  readonly name: string;
  readonly createdAt: string;
}

export function readBuckets(answer: Result<Node>): Result<readonly BucketRow[]> {
  if (!answer.ok) return answer;
  const found = answer.value.all("Buckets")[0]?.all("Bucket") ?? [];
  return done(
    found.flatMap((bucket) => {
      const name = bucket.text("Name");
      return name === undefined ? [] : [{ name, createdAt: bucket.text("CreationDate") ?? "" }];
    }),
  );
}
