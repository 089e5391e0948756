/** Accounts: they own buckets and access keys. */
import { pageOf, pageQuery } from "../contract/common.ts";
import { account, newAccount } from "../contract/keys.ts";
import { apiOperation } from "./api-operation.ts";
import { pageOfRows, readCursor } from "./paging.ts";
import { ApiError } from "./problems.ts";

export const listAccounts = apiOperation({
  method: "GET",
  path: "/accounts",
  summary: "Accounts by name, with how many keys and buckets each has",
  access: "operator",
  query: pageQuery,
  answer: pageOf(account),
  async handle({ query: { cursor, limit } }, { metadata }) {
    const rows = await metadata.accounts.page({ after: readCursor("accounts", cursor), limit: limit + 1 });
    return pageOfRows(
      "accounts",
      rows,
      limit,
      ({ name }) => name,
      (row) => row,
    );
  },
});

export const createAccount = apiOperation({
  method: "POST",
  path: "/accounts",
  summary: "Make an account, without keys",
  access: "operator",
  body: newAccount,
  status: 201,
  answer: account,
  async handle({ body: { name }, note }, { metadata }) {
    if ((await metadata.accounts.create(name)) === undefined)
      throw new ApiError("Conflict", `There is an account ${name} already`);
    note({ account: name });
    return { name, keys: 0, buckets: 0 };
  },
});
