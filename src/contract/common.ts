/**
 * What the documents of the API share: times, amounts, pages, and what an error looks like (RFC 9457). Bodies of
 * requests are strict, because a limit that this version does not know would be none; answers may get more fields.
 */
import { z } from "zod";

/** RFC 3339, in UTC. */
export const time = z.iso.datetime();

/** Whole bytes. */
export const bytes = z.int().nonnegative();

export const count = z.int().nonnegative();

export const amount = z.object({ blobs: count, objects: count, bytes });

export const pageQuery = z.object({
  /** Of the page before; opaque. */
  cursor: z.string().max(4096).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** `next`: the cursor of the next page; absent on the last. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

export const problem = z.object({
  /** Where the kind of error is explained; `about:blank`: the title says it all. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  /** The id of the request, as in the log. */
  instance: z.string(),
  /** S3's own code where S3 knows the error. */
  code: z.string(),
  /** Each fault of a body or query; `pointer` is a JSON pointer. */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

export type Problem = z.infer<typeof problem>;
export type Amount = z.infer<typeof amount>;
