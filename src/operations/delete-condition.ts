/** What must hold of an object for its deletion, from headers or from an entry of DeleteObjects. */
import { invalidArgument } from "../errors.ts";
import { unquote } from "../protocol/etag.ts";

export interface DeleteCondition {
  /** `*` is not passed on: deleting what is not there is a success anyway. */
  readonly ifMatch?: string;
  readonly ifSize?: number;
  readonly ifModifiedAt?: Date;
}

/** Throws InvalidArgument for a size or a time that is none. */
export function readDeleteCondition(text: {
  readonly etag: string | undefined;
  readonly size: string | undefined;
  readonly modifiedAt: string | undefined;
}): DeleteCondition {
  const etag = text.etag === undefined ? undefined : unquote(text.etag);
  return {
    ...(etag !== undefined && etag !== "*" && { ifMatch: etag }),
    ...(text.size !== undefined && { ifSize: readSize(text.size) }),
    ...(text.modifiedAt !== undefined && { ifModifiedAt: readTime(text.modifiedAt) }),
  };
}

function readSize(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw invalidArgument("x-amz-if-match-size", text, "The size is not a number of bytes.");
  return Number(text);
}

function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw invalidArgument("x-amz-if-match-last-modified-time", text, "The time cannot be read.");
  return time;
}
