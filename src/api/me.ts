/** Who is asking, and at which gateway. */
import { me } from "../contract/sessions.ts";
import { apiOperation } from "./api-operation.ts";

export const getMe = apiOperation({
  method: "GET",
  path: "/me",
  summary: "Who the access key is, what it may do, and what the gateway is set to",
  access: "caller",
  answer: me,
  async handle({ caller }, { facts, now }) {
    const { version, region, copies, redirect, publicAccess } = facts;
    return {
      account: caller.account.name,
      accessKeyId: caller.accessKeyId,
      operator: caller.isOperator,
      scope: caller.scope,
      expiresAt: caller.until,
      sessionOf: caller.sessionOf,
      gateway: { version, region, copies, regions: facts.regions(), redirect, publicAccess, now: now() },
    };
  },
});
