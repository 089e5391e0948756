/** What went wrong with a request, as a value: calls answer with it instead of throwing. */

export interface Fault {
  /** S3's code, or one of ours where no answer came: `Offline`. */
  readonly code: string;
  readonly message: string;
  /** 0: no answer came. */
  readonly status: number;
  readonly requestId?: string | undefined;
  /** Faults of single fields; `pointer` is a JSON pointer. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[] | undefined;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export function done<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failed(fault: Fault): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault };
}

/** An answer without a body that says more, as to HEAD. */
export function faultOfStatus(status: number): Fault {
  const code = CODES[status] ?? `HTTP ${status}`;
  return { code, message: MESSAGES[status] ?? `The gateway answered with status ${status}.`, status };
}

const CODES: Readonly<Record<number, string>> = {
  403: "AccessDenied",
  404: "NotFound",
  412: "PreconditionFailed",
  503: "ServiceUnavailable",
};

const MESSAGES: Readonly<Record<number, string>> = {
  403: "You may not do this with the key that you signed in with.",
  404: "It is not there, or not any more.",
  412: "It has changed in the meantime.",
  503: "The gateway cannot do this right now. Try again in a moment.",
};
