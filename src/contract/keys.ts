/** Accounts and their access keys. A secret is shown once, when its key is made. */
import { z } from "zod";
import { count, pageQuery, time } from "./common.ts";

const accountName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, "up to 63 letters, digits and . _ @ -");

export const redirectMode = z.enum(["off", "auto", "always"]);

/** Strict: a limit that is misspelt would be none. */
export const keyScope = z.strictObject({
  readOnly: z.literal(true).exactOptional(),
  /** `prefix` "": the whole bucket. */
  places: z
    .array(z.strictObject({ bucket: z.string().min(1), prefix: z.string() }))
    .min(1)
    .max(100)
    .exactOptional(),
  /** CIDR blocks or single addresses that requests may come from. */
  networks: z.array(z.string()).min(1).max(100).exactOptional(),
});

/** Of a key that is made: whoever lists a thousand keys is sent a thousand scopes. */
const SCOPE_CHARACTERS = 16_384;
const newScope = keyScope.refine((scope) => JSON.stringify(scope).length <= SCOPE_CHARACTERS, {
  error: `at most ${SCOPE_CHARACTERS} characters as JSON`,
});

export const keysQuery = pageQuery.extend({ account: accountName.optional() });

export const accessKey = z.object({
  accessKeyId: z.string(),
  account: z.string(),
  createdAt: time,
  disabled: z.boolean(),
  scope: keyScope,
  redirect: redirectMode.optional(),
  expiresAt: time.optional(),
  /** To the minute. */
  lastUsedAt: time.optional(),
  /** The key that signed in, where this one is a session. */
  sessionOf: z.string().optional(),
});

export const newKey = z.strictObject({
  /** The caller's own unless given; made when it is new. Others' accounts are for operators. */
  account: accountName.optional(),
  scope: newScope.optional(),
  redirect: redirectMode.optional(),
  expiresAt: time.optional(),
});

export const madeKey = accessKey.extend({ secretAccessKey: z.string() });

export const keyChange = z.strictObject({ disabled: z.boolean() });

export const newAccount = z.strictObject({ name: accountName });

export const account = z.object({ name: z.string(), keys: count, buckets: count });

export type AccessKeyDocument = z.infer<typeof accessKey>;
export type NewKeyDocument = z.input<typeof newKey>;
export type MadeKey = z.infer<typeof madeKey>;
export type AccountDocument = z.infer<typeof account>;
