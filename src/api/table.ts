/** Every call of the API, by its operationId. */

import { createAccount, listAccounts } from "./accounts.ts";
import type { ApiOperation } from "./api-operation.ts";
import { claimObjects } from "./claims.ts";
import { explainRead } from "./explain.ts";
import { changeKey, createKey, listKeys, revokeKey } from "./keys.ts";
import { getMe } from "./me.ts";

import { createSession, createSignInLink, endSession, signInByLink } from "./sessions.ts";

export const apiOperations: Readonly<Record<string, ApiOperation>> = {
  getMe,
  explainRead,
  claimObjects,
  createSession,
  endSession,
  createSignInLink,
  signInByLink,
  listKeys,
  createKey,
  changeKey,
  revokeKey,
  listAccounts,
  createAccount,
};
