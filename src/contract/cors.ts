/** CORS rules of a bucket, as the API takes and tells them: S3's rules under S3's names. */
import { z } from "zod";

const pattern = z
  .string()
  .max(1024)
  .regex(/^[^*]*\*?[^*]*$/, { error: "at most one *" });

const fields = {
  id: z.string().max(255).optional(),
  /** `https://app.example`, `https://*.example`, or `*`. */
  allowedOrigins: z.array(pattern).min(1, { error: "at least one origin" }).max(100),
  allowedMethods: z
    .array(z.enum(["GET", "PUT", "POST", "DELETE", "HEAD"]))
    .min(1, { error: "at least one method" })
    .max(5),
  /** Of requests. */
  allowedHeaders: z.array(pattern).max(100).optional(),
  /** Of answers. */
  exposeHeaders: z
    .array(
      z
        .string()
        .max(1024)
        .regex(/^[\x20-)+-~]*$/, { error: "a header's name, without *" }),
    )
    .max(100)
    .optional(),
  maxAgeSeconds: z.int().nonnegative().max(999_999_999).optional(),
};

/** The first that matches a request holds. Those of a gateway's own expose `*`, which no bucket's may. */
export const corsRules = z.array(z.object({ ...fields, exposeHeaders: z.array(z.string()).optional() }));

/** As long as a document of S3 may be, and as many entries: each request is compared with them. */
const MOST_CHARACTERS = 64 * 1024;
const MOST_ENTRIES = 1000;

export const newCorsRules = z
  .array(z.strictObject(fields))
  .min(1)
  .max(100)
  .refine((rules) => JSON.stringify(rules).length <= MOST_CHARACTERS, { error: "64 KiB at most, all rules together" })
  .refine((rules) => rules.reduce((sum, rule) => sum + entriesIn(rule), 0) <= MOST_ENTRIES, {
    error: `at most ${MOST_ENTRIES} origins, methods and headers, all rules together`,
  });

type Rule = z.infer<typeof corsRules>[number];

function entriesIn({ allowedOrigins, allowedMethods, allowedHeaders = [], exposeHeaders = [] }: Rule): number {
  return allowedOrigins.length + allowedMethods.length + allowedHeaders.length + exposeHeaders.length;
}

export type CorsRules = z.infer<typeof corsRules>;
