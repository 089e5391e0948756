/** What stands under a key of a bucket; an object of the bucket that this one takes over comes here for it. */
import type { Bucket, FoundObject } from "../model.ts";
import type { Services } from "./operation.ts";

/** Throws as Takeover.fetch. */
export async function findObject(
  { metadata, takeover }: Pick<Services, "metadata" | "takeover">,
  bucket: Bucket,
  key: string,
): Promise<FoundObject | undefined> {
  const { found } = await metadata.objects.find(bucket.name, key);
  return found ?? takeover.fetch(bucket, key);
}
