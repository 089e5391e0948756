/** What went wrong with a call of the API, in words that say to whoever runs the command what to do. Pure. */
import { problem } from "../contract/common.ts";
import { reasonOf } from "../log.ts";

export interface Reply {
  readonly status: number;
  /** Of a redirect. */
  readonly location: string | undefined;
  /** By the clock of whoever answered. */
  readonly date: string | undefined;
  readonly body: string;
}

/** No whole answer came. `cause`: of the request. */
export function whyNoAnswer(cause: unknown, patienceMs: number): string {
  const { code = "", name } = cause as NodeJS.ErrnoException;
  if (name === "AbortError" || name === "TimeoutError") return `did not answer within ${patienceMs / 1000} s`;
  const reason = (reasonOf(cause) ?? String(cause)).trim();
  if (/SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code))
    return `is not trusted: ${reason}. Name its CA with --ca FILE`;
  if (code === "EPROTO") return "does not speak TLS, or another version of it: is it http:// in place of https://?";
  if (code.startsWith("HPE_")) return `does not speak HTTP: ${reason}`;
  if (code === "ECONNRESET")
    return `closed the connection without an answer: ${reason}. Is it https:// in place of http://?`;
  return `cannot be reached: ${reason}`;
}

/** An answer that is none of the API's, or none of this version's. `document`: undefined: it is not JSON. */
export function whyStrange({ status, location }: Reply, document: unknown): string {
  if (status < 300 && document !== undefined) return "gives an answer that this version of nearbucket does not know";
  if (location !== undefined) return `answers ${status} and leads to ${location}: is that the endpoint?`;
  if (status >= 500) return `answers ${status}, and not as a gateway does: does a proxy before it find none?`;
  return `answers ${status}: it is no gateway, an older one, or its api.networks leave you out`;
}

/** By the code of the answer; what the gateway's own words leave open. */
const HINTS: Readonly<Record<string, (accessKeyId: string, clocks: string) => string>> = {
  SignatureDoesNotMatch: (id) =>
    `the secret of the access key ${id} is wrong, or a proxy before the gateway changes requests`,
  InvalidAccessKeyId: (id) => `the gateway knows no access key ${id}: it never existed there, was revoked, or is over`,
  RequestTimeTooSkewed: (_id, clocks) => `this machine's clock and the gateway's differ too much${clocks}`,
};

/** The gateway's refusal; undefined: the answer is none. */
export function whyRefused({ body, date }: Reply, accessKeyId: string, now: Date): string | undefined {
  const refusal = problem.safeParse(parseJson(body)).data;
  if (refusal === undefined) return undefined;
  const { code, title, detail, errors = [] } = refusal;
  // Of a thing that is not there, or cannot be done, it would have a detail.
  if (/^(?:NotFound|MethodNotAllowed)$/.test(code) && detail === undefined)
    return "the gateway does not know what this command asks for: its version is older";
  const hint = HINTS[code]?.(accessKeyId, clocksText(date, now));
  return [hint ?? detail ?? title, ...errors.map((fault) => `  ${fault.pointer || "/"}: ${fault.detail}`)].join("\n");
}

function clocksText(date: string | undefined, now: Date): string {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return "";
  return `: it is ${now.toISOString().slice(0, 19)}Z here and ${new Date(theirs).toISOString().slice(0, 19)}Z there`;
}

/** Undefined: there is none, or it is not JSON. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
