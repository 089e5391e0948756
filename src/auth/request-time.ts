/** The times in a signature, and how far they may be from our clock. Times are in epoch milliseconds. */
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";
import { amzDate } from "../signature-v4.ts";

export const MAX_SKEW_MS = 15 * 60 * 1000;
/** The longest life of a presigned URL: a week. */
export const MAX_EXPIRES_SECONDS = 604_800;

const BASIC = /^\d{8}T\d{6}Z$/;

/** Parses `20130524T000000Z`; NaN for any other form and for impossible times. */
export function parseAmzDate(text: string): number {
  if (!BASIC.test(text)) return Number.NaN;
  const month = Number(text.slice(4, 6));
  const day = Number(text.slice(6, 8));
  const hours = Number(text.slice(9, 11));
  const minutes = Number(text.slice(11, 13));
  const seconds = Number(text.slice(13, 15));
  if (month < 1 || month > 12 || day < 1 || day > 31 || hours > 23 || minutes > 59 || seconds > 59) return Number.NaN;
  return Date.UTC(Number(text.slice(0, 4)), month - 1, day, hours, minutes, seconds);
}

export interface RequestTime {
  /** As the client wrote it. */
  readonly text: string;
  readonly time: number;
  /** `20130524T000000Z`, what SigV4 signs. */
  readonly timestamp: string;
}

/**
 * x-amz-date, else Date: basic ISO or an HTTP date. Throws AccessDenied when there is none; times before 1970 are none.
 */
export function readRequestTime(headers: HeaderFields): RequestTime {
  const text = headers["x-amz-date"] ?? headers["date"] ?? "";
  const basic = parseAmzDate(text);
  if (basic >= 0) return { text, time: basic, timestamp: text };
  const time = Date.parse(text);
  if (!(time >= 0))
    throw new S3Error("AccessDenied", { message: "AWS authentication requires a valid Date or x-amz-date header" });
  return { text, time, timestamp: amzDate(new Date(time)) };
}

/** Throws RequestTimeTooSkewed when the request is more than 15 minutes away from `now`. */
export function checkSkew({ time, text }: RequestTime, now: Date): void {
  if (Math.abs(now.getTime() - time) <= MAX_SKEW_MS) return;
  throw new S3Error("RequestTimeTooSkewed", {
    elements: { RequestTime: text, ServerTime: isoSeconds(now), MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS) },
  });
}

/** `2013-05-24T00:00:00Z`, the form of times in error documents. */
export function isoSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
