/** What can go wrong in a call of the API, in one table, and how it is told: problem details (RFC 9457). */
import type { z } from "zod";
import type { Problem } from "../contract/common.ts";
import type { S3Error } from "../errors.ts";

const PROBLEMS = {
  BadRequest: [400, "The request does not have the shape that this call asks for"],
  NotSigned: [401, "The request must be signed with an access key"],
  NotAllowed: [403, "This access key may not do that"],
  NotFound: [404, "There is no such thing"],
  MethodNotAllowed: [405, "This address takes other methods"],
  Conflict: [409, "That cannot be done as things stand"],
  Gone: [410, "That was used already, or is over"],
  TooLarge: [413, "The body is too large"],
  NotJson: [415, "The body must be JSON, and say so in Content-Type"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export type Fault = NonNullable<Problem["errors"]>[number];

interface ApiErrorOptions {
  readonly cause?: unknown;
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call that is refused, in words for whoever made it. */
export class ApiError extends Error {
  readonly code: ProblemCode;
  readonly faults: readonly Fault[] | undefined;
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: ProblemCode, detail?: string, { cause, faults, headers }: ApiErrorOptions = {}) {
    super(detail ?? PROBLEMS[code][1], cause === undefined ? undefined : { cause });
    this.code = code;
    this.faults = faults;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }
}

/** One fault of a body or a query. `pointer`: a JSON pointer. */
export function badRequest(pointer: string, detail: string): ApiError {
  return new ApiError("BadRequest", undefined, { faults: [{ pointer, detail }] });
}

/** A refusal, as the client is told. `instance`: the id of the request. */
export function problemOf(error: ApiError | S3Error, instance: string): Problem {
  const title = error instanceof ApiError ? PROBLEMS[error.code][1] : error.code;
  return {
    type: "about:blank",
    title,
    status: error.status,
    ...(error.message !== title && { detail: error.message }),
    instance,
    code: error.code,
    ...(error instanceof ApiError && error.faults && { errors: [...error.faults] }),
  };
}

/** Nobody reads more of them. */
const TOLD_FAULTS = 100;

/** The value in the shape; throws BadRequest with its faults, a hundred at most. `at`: the value's JSON pointer. */
export function checkShape<T extends z.ZodType>(shape: T, value: unknown, at: string): z.output<T> {
  const checked = shape.safeParse(value);
  if (checked.success) return checked.data;
  const faults = checked.error.issues.slice(0, TOLD_FAULTS).map(({ path, message }) => ({
    pointer: at + path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    detail: message,
  }));
  throw new ApiError("BadRequest", undefined, { faults });
}
