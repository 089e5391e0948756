/** The conditions on a deletion, from headers or from an entry of DeleteObjects. */
import { invalidArgument } from "../errors.ts";
import { unquote } from "../protocol/etag.ts";

export interface DeleteCondition {
  /** `*` is dropped: deleting a missing object succeeds anyway. */
  readonly ifMatch?: string;
  readonly ifSize?: number;
  readonly ifModifiedAt?: Date;
}

/** Throws InvalidArgument for an invalid size or time. */
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
