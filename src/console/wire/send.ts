/** Sends one request to the gateway that served this page, signed with the session. Never throws. */
import { done, type Fault, failed, type Result } from "./fault.ts";
import { toHeader } from "./header-text.ts";
import { canonicalQuery, EMPTY_SHA256, encodePath, type SignedFor, sha256Hex, signHeaders } from "./signer.ts";

export interface Outgoing {
  readonly method?: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** Decoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Who signs; without credentials the request goes unsigned. */
export type Signer = Omit<SignedFor, "now"> | undefined;

/** Any answer, also one that says no. */
export async function send(outgoing: Outgoing, signer: Signer): Promise<Result<Response>> {
  const { method = "GET", headers = {}, body, signal } = outgoing;
  const path = encodePath(outgoing.path);
  const query = pairsOf(outgoing.query);
  const payload = body === undefined ? EMPTY_SHA256 : sha256Hex(body);
  const request = { method, host: location.host, path, query, headers, payload };
  const sent = signer === undefined ? headers : signHeaders(request, { ...signer, now: serverTime() });
  const written = Object.entries(sent).map(([name, value]): [string, string] => [name, toHeader(value)]);
  const target = query.length === 0 ? path : `${path}?${canonicalQuery(query)}`;
  try {
    const init = { method, headers: written, cache: "no-store", credentials: "omit", redirect: "follow" } as const;
    const response = await fetch(target, {
      ...init,
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
    learnTime(response);
    return done(response);
  } catch (error) {
    return failed(offline(error));
  }
}

/** What stands in for an answer that never came. */
export function offline(error: unknown): Fault {
  if (error instanceof DOMException && error.name === "AbortError")
    return { code: "Aborted", message: "It was stopped.", status: 0 };
  return { code: "Offline", message: "The gateway does not answer. Is it running, and is the network up?", status: 0 };
}

export function pairsOf(query: Outgoing["query"] = {}): (readonly [string, string])[] {
  return Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
}

let aheadMs = 0;

/** A clock that is wrong by more than 15 minutes would have every signature refused: the gateway's own is used. */
export function serverTime(): Date {
  return new Date(Date.now() + aheadMs);
}

function learnTime(response: Response): void {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  const ahead = date - Date.now();
  aheadMs = Math.abs(ahead) > 60_000 ? ahead : 0;
}
