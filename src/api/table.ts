/** Every call of the API, by its operationId. */
import type { ApiOperation } from "./api-operation.ts";
import { changeBucket, getBucket, getBucketUsage, listBuckets } from "./buckets.ts";
import { claimObjects } from "./claims.ts";
import { explainRead } from "./explain.ts";
import { createLink } from "./links.ts";
import { getMe } from "./me.ts";
import { getObjectDetails, previewDelete } from "./objects.ts";

export const apiOperations: Readonly<Record<string, ApiOperation>> = {
  getMe,
  explainRead,
  claimObjects,
  listBuckets,
  getBucket,
  changeBucket,
  getBucketUsage,
  getObjectDetails,
  previewDelete,
  createLink,
};
