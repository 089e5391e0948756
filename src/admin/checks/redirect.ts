/**
 * Are redirects followed from here? Fetches what a client would be sent to: one byte, by a URL signed as a redirect's
 * is. The same is tried where the gateway itself reaches the backend, so that a key that may not read is told from a
 * public endpoint that is not reached.
 */
import { reasonOf } from "../../log.ts";
import { ask, type Trust } from "./ask.ts";
import type { ExaminedBackend } from "./backend.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

export interface RedirectCheck {
  /** Signs as redirects are signed. */
  readonly far: Pick<ExaminedBackend, "name" | "traits" | "signedUrl">;
  /** The same with the endpoint that the gateway dials in the place of the public one. */
  readonly near: Pick<ExaminedBackend, "signedUrl">;
  /** Of the endpoint that the gateway dials. */
  readonly trust: Trust;
  /** An object that stands there and is not empty. */
  readonly key: string;
}

/** None when there is no public endpoint. */
export async function checkRedirect({ far, near, trust, key }: RedirectCheck): Promise<readonly Finding[]> {
  const { publicEndpoint } = far.traits;
  if (publicEndpoint === undefined) return [];
  const { name: subject } = far;
  const options = { now: new Date(), expiresSeconds: 60, responseOverrides: {}, replyHeaders: {} };
  const [nearUrl, farUrl] = [near.signedUrl(key, options), far.signedUrl(key, options)];
  if (nearUrl === undefined || farUrl === undefined) return [];
  const refusal = await fetchOneByte(nearUrl, trust);
  if (refusal !== undefined) {
    const says = `a URL signed for a redirect does not work there: ${refusal}`;
    const remedy =
      "Let the key that signs redirects read the blobs (redirectAccessKeyId, docs/backends.md), and check it.";
    return [error({ check: "redirect-key", subject, says, remedy })];
  }
  const failure = await fetchOneByte(farUrl, {});
  if (failure === undefined) return [ok("redirect", subject, `a redirect to ${publicEndpoint} is followed from here`)];
  const says = `a redirect to ${publicEndpoint} cannot be followed from here: ${failure}`;
  const remedy =
    "See that clients resolve and reach publicEndpoint (name, firewall, certificate), name those who can in " +
    "clientNetworks, or leave it out: reads are then proxied.";
  return [warning({ check: "redirect", subject, says, remedy })];
}

/** Why it does not work; undefined: it does. */
async function fetchOneByte(url: string, trust: Trust): Promise<string | undefined> {
  try {
    const { status } = await ask("GET", url, trust, { Range: "bytes=0-0" });
    return status === 200 || status === 206 ? undefined : `it answers ${status}`;
  } catch (failure) {
    return reasonOf(failure) ?? String(failure);
  }
}
