/**
 * Who is signed in. The session is an access key that ends within 8 hours; it lives in this tab only. The key that
 * signed in is used once and forgotten.
 */
import { computed, signal } from "@preact/signals";
import type { Me, Session } from "../contract/sessions.ts";
import { type ApiCall, callApi } from "./wire/api.ts";
import { done, type Fault, type Result } from "./wire/fault.ts";
import { askS3, callS3, tellS3 } from "./wire/s3.ts";
import { type Outgoing, type Signer, serverTime } from "./wire/send.ts";
import { type Credentials, presign } from "./wire/signer.ts";

const STORED = "nearbucket-session";
const MINUTES = 480;
/** The gateway takes any region until `/me` says which one is its own. */
const FIRST_REGION = "us-east-1";

export const session = signal<Session | undefined>(stored());
export const me = signal<Me | undefined>(undefined);
/** The key that signed in changes nothing: what would is not offered. */
export const isReadOnly = computed(() => me.value?.scope.readOnly === true);
/** The last session ended by itself. */
export const hasEnded = signal(false);

const signer = computed<Signer>(
  () => session.value && { credentials: session.value, region: me.value?.gateway.region ?? FIRST_REGION },
);

export async function signInByKey(credentials: Credentials): Promise<Result<undefined>> {
  const call: ApiCall = { method: "POST", path: "/sessions", body: { minutes: MINUTES } };
  return begin(await callApi<Session>(call, { credentials, region: FIRST_REGION }));
}

export async function signInByToken(token: string): Promise<Result<undefined>> {
  return begin(await callApi<Session>({ method: "POST", path: "/sign-in", body: { token } }, undefined));
}

/** Asks who is signed in; a session that is no longer good ends here. */
export async function loadMe(): Promise<Result<Me>> {
  const answer = await api<Me>({ path: "/me" });
  if (answer.ok) me.value = answer.value;
  return answer;
}

export async function signOut(): Promise<void> {
  await callApi({ method: "DELETE", path: "/sessions/current" }, signer.value);
  hasEnded.value = false;
  forget();
}

export async function api<T>(call: ApiCall): Promise<Result<T>> {
  return ending(await callApi<T>(call, signer.value));
}

/** The answer as XML. */
export async function ask(outgoing: Outgoing) {
  return ending(await askS3(outgoing, signer.value));
}

/** The answer itself, its body unread. */
export async function get(outgoing: Outgoing) {
  return ending(await callS3(outgoing, signer.value));
}

export async function tell(outgoing: Outgoing) {
  return ending(await tellS3(outgoing, signer.value));
}

/** A URL of this page's origin that shows `path` for `seconds`, for `<img>`, `<video>` and downloads. */
export function presigned(path: string, query: readonly (readonly [string, string])[], seconds: number): string {
  if (signer.value === undefined) return "";
  return presign({ host: location.host, path, query }, { ...signer.value, now: serverTime() }, seconds);
}

function begin(answer: Result<Session>): Result<undefined> {
  if (!answer.ok) return answer;
  hasEnded.value = false;
  me.value = undefined;
  session.value = answer.value;
  sessionStorage.setItem(STORED, JSON.stringify(answer.value));
  return done(undefined);
}

const GONE = new Set(["InvalidAccessKeyId", "ExpiredToken"]);

/** Whether the session is over, by time or because it was ended elsewhere: then the sign-in is shown. */
export function isEndedBy({ code }: Fault): boolean {
  if (!GONE.has(code)) return false;
  if (session.value !== undefined) {
    hasEnded.value = true;
    forget();
  }
  return true;
}

function ending<T>(answer: Result<T>): Result<T> {
  if (!answer.ok) isEndedBy(answer.fault);
  return answer;
}

function forget(): void {
  session.value = undefined;
  me.value = undefined;
  sessionStorage.removeItem(STORED);
}

function stored(): Session | undefined {
  const text = sessionStorage.getItem(STORED);
  if (text === null) return undefined;
  const found = JSON.parse(text) as Session;
  return Date.parse(found.expiresAt) > Date.now() ? found : undefined;
}
