/** Every call of the API, by its operationId. */
import type { ApiOperation } from "./api-operation.ts";
import { claimObjects } from "./claims.ts";
import { explainRead } from "./explain.ts";
import { getMe } from "./me.ts";

export const apiOperations: Readonly<Record<string, ApiOperation>> = {
  getMe,
  explainRead,
  claimObjects,
};
