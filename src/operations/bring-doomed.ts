/**
 * Before a deletion in a bucket that takes another over: an object that is not here yet comes first where a condition
 * asks about it, and where it stands in a backend's own bucket, which only what came is deleted from.
 */
import { S3Error } from "../errors.ts";
import type { Bucket } from "../model.ts";
import type { DeleteCondition } from "./delete-condition.ts";
import { findObject } from "./find-object.ts";
import type { Services } from "./operation.ts";

interface Doomed {
  readonly key: string;
  readonly condition: DeleteCondition;
}

const AT_ONCE = 16;

/** Throws as Takeover.fetch; what nobody can read need not come. */
export async function bringDoomed(services: Services, bucket: Bucket, doomed: readonly Doomed[]): Promise<void> {
  const { takesOver } = bucket.settings;
  if (takesOver === undefined) return;
  const asked = doomed.filter(({ condition }) => takesOver.inPlace || Object.keys(condition).length > 0);
  const entries = asked.values();
  const worker = async () => {
    for (const { key, condition } of entries)
      await findObject(services, bucket, key).catch((error: unknown) => {
        if (!isUnreadable(error) || Object.keys(condition).length > 0) throw error;
      });
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, asked.length) }, worker));
}

/** There it stays, and here it counts as deleted. */
function isUnreadable(error: unknown): boolean {
  return error instanceof S3Error && error.status === 403;
}
