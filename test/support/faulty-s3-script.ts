/** The script of the faulty S3 server: which requests get which fault, and the handle that the test keeps for it. */
import type { S3Answer, S3Request } from "./faulty-s3-store.ts";

export interface Match {
  readonly method?: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Equal, or matching. "" is the bucket itself. */
  readonly key?: string | RegExp;
  /** Has this query parameter. */
  readonly query?: string;
  /** Announces at least so many bytes of body. */
  readonly bodyFrom?: number;
  /** Only the nth request that matches the rest, counted from 1 since the script was set. */
  readonly nth?: number;
}

export type Fault =
  /** Answers this error and stores nothing; `early`: without reading the body. */
  | {
      readonly do: "status";
      readonly status: number;
      readonly code?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly early?: boolean;
    }
  /** 200 with an `<Error>` in it; nothing is stored. */
  | { readonly do: "hide-error"; readonly code: string }
  /** Does what was asked, then answers something else: a wrong ETag, another range, another length. */
  | { readonly do: "answer"; readonly make: (honest: S3Answer) => S3Answer }
  /** Stores only the first bytes; its ETag is that of the bytes received, or of those kept. */
  | { readonly do: "truncate"; readonly keep: number; readonly etagOf: "received" | "kept" }
  /** Waits for `release()` before doing what was asked. */
  | { readonly do: "hold" }
  /** Does what was asked, and waits for `release()` before answering. */
  | { readonly do: "hold-answer" }
  /** Reads the request and never answers. */
  | { readonly do: "hang" }
  /** Answers with the head and so many bytes of the body, and waits for `release()` before the rest. */
  | { readonly do: "hold-body"; readonly after: number }
  /** Stops reading the request after so many bytes, until `release()`. */
  | { readonly do: "stop-reading"; readonly after: number }
  /**
   * Cuts the connection: when the head came, when so many bytes of the body came (nothing is stored), when all was
   * received but not stored, when it was stored but not answered, or after the answer's head and so many bytes of its
   * body.
   */
  | {
      readonly do: "disconnect";
      readonly at:
        | "head"
        | "received"
        | "stored"
        | { readonly requestBytes: number }
        | { readonly responseBytes: number };
    };

export interface Script {
  /** How many requests it was applied to. */
  readonly hits: number;
  /** Resolves at the first of them. */
  readonly met: Promise<void>;
  /** Lets go whatever waits, now and later. */
  release(): void;
  /** The store is honest again about these requests. */
  remove(): void;
}

export class RunningScript implements Script {
  hits = 0;
  readonly match: Match;
  readonly fault: Fault;
  readonly met: Promise<void>;
  readonly released: Promise<void>;
  readonly remove: () => void;
  meet = () => {};
  release = () => {};
  #matched = 0;

  constructor(match: Match, fault: Fault, remove: (script: RunningScript) => void) {
    this.match = match;
    this.fault = fault;
    this.met = new Promise((resolve) => {
      this.meet = resolve;
    });
    this.released = new Promise((resolve) => {
      this.release = resolve;
    });
    this.remove = () => remove(this);
  }

  applies(request: S3Request): boolean {
    if (!matches(this.match, request)) return false;
    this.#matched++;
    if (this.match.nth !== undefined && this.match.nth !== this.#matched) return false;
    this.hits++;
    this.meet();
    return true;
  }
}

export function matches(
  { method, key, query, bodyFrom }: Match,
  request: Pick<S3Request, "method" | "key" | "query"> & Partial<Pick<S3Request, "headers">>,
): boolean {
  const keyMatches = key === undefined || (typeof key === "string" ? key === request.key : key.test(request.key));
  return (
    keyMatches &&
    (method === undefined || method === request.method) &&
    (query === undefined || request.query.has(query)) &&
    (bodyFrom === undefined || Number(request.headers?.["content-length"]) >= bodyFrom)
  );
}
