/**
 * Signing in and out. A session is a random access key that ends, with the scope of the key that it was made from: the
 * console signs with it like any client, and the key's own secret is used once.
 */
import { hashToken, makeSignInLink } from "../auth/sign-in-link.ts";
import { isUsable } from "../auth/usable-key.ts";
import { newSession, type Session, session, signIn, signInLink } from "../contract/sessions.ts";
import type { SessionParent } from "../metadata/sessions.ts";
import { randomKey } from "../random-key.ts";
import { type Answer, type ApiCaller, apiOperation } from "./api-operation.ts";
import { ApiError } from "./problems.ts";
import type { ApiServices } from "./services.ts";

const MINUTE_MS = 60_000;
const DEFAULT_MINUTES = newSession.parse({}).minutes;

/** Whose rights a session gets, and until when at most. */
interface Origin extends Omit<SessionParent, "isStored" | "accountId"> {
  readonly account: ApiCaller["account"];
  readonly until: Date | undefined;
}

export const createSession = apiOperation({
  method: "POST",
  path: "/sessions",
  summary: "Make a session: an access key with the caller's rights that ends, no later than the caller's own",
  access: "caller",
  body: newSession,
  status: 201,
  answer: session,
  handle: ({ caller, body, note }, services) =>
    startSession({ ...caller, accessKeyId: caller.sessionOf ?? caller.accessKeyId }, body.minutes, services, note),
});

export const endSession = apiOperation({
  method: "DELETE",
  path: "/sessions/current",
  summary: "Sign out: end the session that signs this call",
  access: "caller",
  async handle({ caller, note }, { metadata }) {
    note({ accessKeyId: caller.accessKeyId });
    if (caller.sessionOf === undefined) throw new ApiError("Conflict", "This access key is no session");
    await metadata.accounts.revokeKey(caller.accessKeyId);
    return undefined;
  },
});

export const createSignInLink = apiOperation({
  method: "POST",
  path: "/sign-in-links",
  summary: "Make a link that signs in to the console as the caller, once, within 15 minutes",
  access: "caller",
  status: 201,
  answer: signInLink,
  async handle({ caller, note }, { metadata, facts, now }) {
    if (!facts.hasConsole)
      throw new ApiError(
        "Conflict",
        "This gateway has no console to sign in to: its configuration says console: false",
      );
    return makeSignInLink(now(), async (tokenHash, expiresAt) => {
      note({ expiresAt });
      if (!(await metadata.sessions.addLink(tokenHash, caller.accessKeyId, expiresAt)))
        throw new ApiError("Conflict", "This access key has as many sign-in links as it may: wait until they are over");
    });
  },
});

export const signInByLink = apiOperation({
  method: "POST",
  path: "/sign-in",
  summary: "Make a session by the token of a sign-in link, which is used up",
  access: "anyone",
  body: signIn,
  status: 201,
  answer: session,
  async handle({ body, note }, services) {
    const accessKeyId = await services.metadata.sessions.takeLink(hashToken(body.token));
    const origin = accessKeyId === undefined ? undefined : await findOrigin(accessKeyId, services);
    if (origin === undefined) throw new ApiError("Gone", "This link was used already, or is over: ask for another");
    return startSession(origin, DEFAULT_MINUTES, services, note);
  },
});

/** The key that made a link; undefined: it no longer counts. */
async function findOrigin(accessKeyId: string, { metadata, facts, now }: ApiServices): Promise<Origin | undefined> {
  if (accessKeyId === facts.rootKeyId)
    return { accessKeyId, account: facts.root, scope: {}, redirect: undefined, until: undefined };
  const key = await metadata.accounts.findKey(accessKeyId);
  if (key === undefined || !isUsable(key, now(), facts.rootKeyId)) return undefined;
  const { account, scope, redirect, expiresAt, sessionOf } = key;
  return { accessKeyId: sessionOf ?? accessKeyId, account, scope, redirect, until: expiresAt };
}

async function startSession(
  origin: Origin,
  minutes: number,
  { metadata, seal, facts, now }: ApiServices,
  note: (facts: Readonly<Record<string, unknown>>) => void,
): Promise<Answer<Session>> {
  const { account, accessKeyId: of, scope, redirect, until } = origin;
  const wanted = new Date(now().getTime() + minutes * MINUTE_MS);
  const expiresAt = until !== undefined && until < wanted ? until : wanted;
  const { accessKeyId, secretAccessKey } = randomKey();
  const parent = { accessKeyId: of, accountId: account.id, scope, redirect, isStored: of !== facts.rootKeyId };
  const sealed = await seal(secretAccessKey, accessKeyId);
  const outcome = await metadata.sessions.create({ accessKeyId, parent, expiresAt, ...sealed });
  if (outcome === "ended") throw new ApiError("Gone", "The access key was disabled or revoked");
  if (outcome === "full") throw new ApiError("Conflict", "This access key has as many sessions as it may: end some");
  note({ accessKeyId, account: account.name, sessionOf: of, expiresAt });
  return { accessKeyId, secretAccessKey, expiresAt, account: account.name };
}
