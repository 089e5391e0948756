/** Every call of the API, by its operationId. */
import type { ApiOperation } from "./api-operation.ts";
import {
  attachBackend,
  checkBackend,
  drainBackend,
  getBackendLoss,
  listBackends,
  probeBackend,
  removeBackend,
  replaceBackend,
  resumeBackend,
  scrubBackend,
} from "./backends.ts";
import { listJobs, retryJob } from "./jobs.ts";
import { getMe } from "./me.ts";
import { confirmOrphansOf, listOrphans } from "./orphans.ts";
import { getHistory, getStats, getStatus } from "./status.ts";

export const apiOperations: Readonly<Record<string, ApiOperation>> = {
  getMe,
  getStatus,
  getStats,
  getHistory,
  listBackends,
  probeBackend,
  attachBackend,
  checkBackend,
  drainBackend,
  resumeBackend,
  replaceBackend,
  removeBackend,
  scrubBackend,
  getBackendLoss,
  listOrphans,
  confirmOrphansOf,
  listJobs,
  retryJob,
};
