/**
 * Can pages read from a store that they are redirected to? Asked as a browser asks that follows a redirect from
 * another origin: it comes with the origin `null`. The store's own rules decide; nothing is changed there.
 */
import { type Asked, ask, type HttpAnswer } from "./ask.ts";
import type { ExaminedBackend } from "./backend.ts";
import { type Finding, ok, warning } from "./finding.ts";

export interface CrossOriginCheck {
  /** Signs as redirects are signed. */
  readonly far: Pick<ExaminedBackend, "name" | "traits" | "signedUrl">;
  /** An object that stands there and is not empty. */
  readonly key: string;
  /** The configuration says that they can. */
  readonly isDeclared: boolean;
}

/** None when there is no public endpoint, or it is not reached from here: the check of redirects says so. */
export async function checkCrossOrigin({ far, key, isDeclared }: CrossOriginCheck): Promise<readonly Finding[]> {
  const { name: subject } = far;
  const url = far.signedUrl(key, { now: new Date(), expiresSeconds: 60, responseOverrides: {}, replyHeaders: {} });
  if (url === undefined) return [];
  const refusal = await refusalOf(url);
  if (refusal === UNREACHED) return [];
  if (refusal === undefined) {
    const hint = isDeclared ? "" : " (set crossOrigin: true, and their reads are redirected there)";
    return [ok("cross-origin", subject, `pages can read from it: yes${hint}`)];
  }
  const says = `pages can read from it: no, ${refusal}`;
  if (!isDeclared) return [ok("cross-origin", subject, `${says}; they read through the gateway`)];
  const remedy =
    "Give the store's bucket CORS rules for pages of any origin (docs/stores.md), or set crossOrigin: false: pages " +
    "then read through the gateway.";
  return [warning({ check: "cross-origin", subject, says: `${says}, but it is declared crossOrigin`, remedy })];
}

const UNREACHED = "unreached";

/** What a browser would stumble over, in its order; undefined: nothing. */
async function refusalOf(url: string): Promise<string | undefined> {
  const get = await tryAsk("GET", url, { Origin: "null", Range: "bytes=0-0" });
  if (get === undefined || get.status >= 300) return UNREACHED;
  if (!letsIn(get)) return "what it answers to them does not allow the origin null";
  // Headers that a page's own request may have had, which the browser repeats.
  const asked = { "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-match,x-amz-date" };
  const preflight = await tryAsk("OPTIONS", url, { Origin: "null", ...asked });
  if (preflight === undefined) return UNREACHED;
  if (preflight.status >= 300) return `it answers ${preflight.status} when a browser asks first (OPTIONS)`;
  return letsIn(preflight) ? undefined : "what it answers to OPTIONS does not allow the origin null";
}

function letsIn({ headers }: HttpAnswer): boolean {
  const allowed = headers["access-control-allow-origin"];
  return allowed === "*" || allowed === "null";
}

async function tryAsk(
  method: Asked,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<HttpAnswer | undefined> {
  try {
    return await ask(method, url, {}, headers);
  } catch {
    return undefined;
  }
}
