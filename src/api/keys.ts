/**
 * Access keys. Whoever makes a key cannot give it more than they have: a key that is read-only or limited to places
 * makes and changes none, one that is limited to networks or ends passes that on. Another account's keys are for
 * operators; to others they are not there.
 */
import { pageOf } from "../contract/common.ts";
import { accessKey, keyChange, keysQuery, madeKey, newKey } from "../contract/keys.ts";
import type { ListedKey } from "../metadata/key-rows.ts";
import type { KeyScope } from "../model.ts";
import { networkFault } from "../networks.ts";
import { randomKey } from "../random-key.ts";
import { type ApiCaller, apiOperation } from "./api-operation.ts";
import { pageOfRows, readCursor } from "./paging.ts";
import { ApiError, type Fault } from "./problems.ts";
import type { ApiServices } from "./services.ts";

/** Of those that it makes itself: each may have sessions too, and whoever holds a key must not fill the database. */
const MOST_OF_AN_ACCOUNT = 1000;

export const listKeys = apiOperation({
  method: "GET",
  path: "/keys",
  summary: "Access keys by id: the caller's account's; for operators all, with sessions. A limited key sees itself",
  access: "caller",
  query: keysQuery,
  answer: pageOf(accessKey),
  async handle({ caller, query: { account, cursor, limit } }, { metadata }) {
    const accountId = caller.isOperator ? await accountNamed(account, metadata) : ownAccount(caller, account);
    const rows = await metadata.accounts.keyPage({
      ...{ accountId, after: readCursor("keys", cursor), limit: limit + 1 },
      sessions: caller.isOperator,
      accessKeyId: isLimited(caller) ? (caller.sessionOf ?? caller.accessKeyId) : undefined,
    });
    return pageOfRows("keys", rows, limit, ({ accessKeyId }) => accessKeyId, toDocument);
  },
});

export const createKey = apiOperation({
  method: "POST",
  path: "/keys",
  summary: "Make an access key; its secret is in this answer and nowhere else",
  access: "caller",
  body: newKey,
  status: 201,
  answer: madeKey,
  async handle({ caller, body, note }, services) {
    const { account = caller.account.name, scope = {}, redirect, expiresAt } = body;
    const { metadata, seal, now } = services;
    checkUnlimited(caller);
    if (account !== caller.account.name && !caller.isOperator)
      throw new ApiError("NotAllowed", "Keys of other accounts are for operators");
    const ends = expiresAt === undefined ? undefined : new Date(expiresAt);
    const faults = [...networkFaults(scope), ...endFaults(ends, now())];
    if (faults.length > 0) throw new ApiError("BadRequest", undefined, { faults });
    checkWithin(caller.scope, await endOf(caller, services), scope, ends);
    const { id: accountId } = await metadata.accounts.ensure(account);
    if (!caller.isOperator && (await metadata.accounts.countKeys(accountId)) >= MOST_OF_AN_ACCOUNT)
      throw new ApiError("Conflict", `This account has ${MOST_OF_AN_ACCOUNT} access keys: revoke some`);
    const { accessKeyId, secretAccessKey } = randomKey();
    const sealed = await seal(secretAccessKey, accessKeyId);
    const made = { accessKeyId, accountId, ...sealed, redirect, scope, expiresAt: ends };
    await metadata.accounts.createKey(made);
    note({ accessKeyId, account, scope, expiresAt: ends });
    return { ...toDocument(await findOwn(caller, accessKeyId, services)), secretAccessKey };
  },
});

export const changeKey = apiOperation({
  method: "PATCH",
  path: "/keys/{accessKeyId}",
  summary: "Disable an access key, which ends its sessions, or enable it",
  access: "caller",
  body: keyChange,
  answer: accessKey,
  async handle({ caller, path: { accessKeyId = "" }, body: { disabled }, note }, services) {
    await checkChange(caller, accessKeyId, services);
    await services.metadata.accounts.setDisabled(accessKeyId, disabled);
    note({ disabled });
    return toDocument(await findOwn(caller, accessKeyId, services));
  },
});

export const revokeKey = apiOperation({
  method: "DELETE",
  path: "/keys/{accessKeyId}",
  summary: "Revoke an access key and its sessions, at once and for good",
  access: "caller",
  async handle({ caller, path: { accessKeyId = "" } }, services) {
    await checkChange(caller, accessKeyId, services);
    await services.metadata.accounts.revokeKey(accessKeyId);
    return undefined;
  },
});

async function accountNamed(name: string | undefined, { accounts }: ApiServices["metadata"]) {
  if (name === undefined) return undefined;
  const account = await accounts.find(name);
  if (account === undefined) throw new ApiError("NotFound", `There is no account ${name}`);
  return account.id;
}

function ownAccount({ account }: ApiCaller, asked = account.name): number {
  if (asked !== account.name) throw new ApiError("NotFound", `There is no account ${asked}`);
  return account.id;
}

function isLimited({ scope: { readOnly, places } }: ApiCaller): boolean {
  return readOnly !== undefined || places !== undefined;
}

function checkUnlimited(caller: ApiCaller): void {
  if (isLimited(caller)) throw new ApiError("NotAllowed", "A limited access key neither makes nor changes keys");
}

/** Throws unless the caller may change that key by this call. */
async function checkChange(caller: ApiCaller, accessKeyId: string, services: ApiServices): Promise<void> {
  checkUnlimited(caller);
  if (caller.isOperator && accessKeyId === services.facts.rootKeyId)
    throw new ApiError("Conflict", "The root key stands in the configuration: change it there");
  await findOwn(caller, accessKeyId, services);
  if (caller.sessionOf !== undefined && accessKeyId === caller.accessKeyId)
    throw new ApiError("Conflict", "This is the session that asks: sign out with DELETE /sessions/current");
}

/** Throws NotFound also for what is another account's: ids cannot be probed. */
async function findOwn(caller: ApiCaller, accessKeyId: string, { metadata }: ApiServices): Promise<ListedKey> {
  const accountId = caller.isOperator ? undefined : caller.account.id;
  const [key] = await metadata.accounts.keyPage({ accountId, accessKeyId, sessions: true, limit: 1 });
  if (key === undefined) throw new ApiError("NotFound", "There is no such access key");
  return key;
}

function networkFaults({ networks = [] }: { readonly networks?: readonly string[] | undefined }): readonly Fault[] {
  return networks.flatMap((text, index) => {
    const detail = networkFault(text);
    return detail === undefined ? [] : [{ pointer: `/scope/networks/${index}`, detail }];
  });
}

function endFaults(ends: Date | undefined, now: Date): readonly Fault[] {
  return ends !== undefined && ends <= now ? [{ pointer: "/expiresAt", detail: "expected a time ahead" }] : [];
}

/** When the key ends that the caller signed in with; a session's own end limits nothing that it makes. */
async function endOf(caller: ApiCaller, { metadata, facts }: ApiServices): Promise<Date | undefined> {
  if (caller.sessionOf === undefined) return caller.until;
  if (caller.sessionOf === facts.rootKeyId) return undefined;
  return (await metadata.accounts.findKey(caller.sessionOf))?.expiresAt;
}

function checkWithin({ networks }: KeyScope, until: Date | undefined, scope: KeyScope, ends: Date | undefined): void {
  if (networks !== undefined && scope.networks?.every((network) => networks.includes(network)) !== true)
    throw new ApiError("NotAllowed", `It must be limited to networks of the key that makes it: ${networks.join(", ")}`);
  if (until !== undefined && (ends === undefined || ends > until))
    throw new ApiError("NotAllowed", `It must end no later than the key that makes it: ${until.toISOString()}`);
}

function toDocument({ account, accessKeyId, createdAt, disabled, scope, redirect, ...key }: ListedKey) {
  const { expiresAt, lastUsedAt, sessionOf } = key;
  return {
    ...{ accessKeyId, account: account.name, createdAt, disabled, scope, redirect },
    ...{ expiresAt, lastUsedAt, sessionOf },
  };
}
