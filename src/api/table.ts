/** Every call of the API, by its operationId. */
import { createAccount, listAccounts } from "./accounts.ts";
import type { ApiOperation } from "./api-operation.ts";
import {
  attachBackend,
  checkBackend,
  drainBackend,
  examineGateway,
  getBackendLoss,
  getBackendScrub,
  listBackends,
  probeBackend,
  removeBackend,
  replaceBackend,
  resumeBackend,
  scrubBackend,
} from "./backends.ts";
import { changeBucket, getBucket, getBucketUsage, listBuckets } from "./buckets.ts";
import { claimObjects } from "./claims.ts";
import { explainRead } from "./explain.ts";
import { explainShares } from "./explain-shares.ts";
import { listJobs, retryJob } from "./jobs.ts";
import { changeKey, createKey, listKeys, revokeKey } from "./keys.ts";
import { createLink } from "./links.ts";
import { getMe } from "./me.ts";
import { getObjectDetails, previewDelete } from "./objects.ts";
import { confirmOrphansOf, listOrphans } from "./orphans.ts";
import { createSession, createSignInLink, endSession, signInByLink } from "./sessions.ts";
import { getHistory, getStats, getStatus } from "./status.ts";

export const apiOperations: Readonly<Record<string, ApiOperation>> = {
  getMe,
  createSession,
  endSession,
  createSignInLink,
  signInByLink,
  explainRead,
  explainShares,
  getStatus,
  getStats,
  getHistory,
  listBackends,
  probeBackend,
  examineGateway,
  attachBackend,
  checkBackend,
  drainBackend,
  resumeBackend,
  replaceBackend,
  removeBackend,
  scrubBackend,
  getBackendScrub,
  getBackendLoss,
  listKeys,
  createKey,
  changeKey,
  revokeKey,
  listAccounts,
  createAccount,
  listOrphans,
  confirmOrphansOf,
  listJobs,
  retryJob,
  claimObjects,
  listBuckets,
  getBucket,
  changeBucket,
  getBucketUsage,
  getObjectDetails,
  previewDelete,
  createLink,
};
