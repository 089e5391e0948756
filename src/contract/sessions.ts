/** Signing in: a session is an access key that ends, with the rights of the key that it was made from. */
import { z } from "zod";
import { time } from "./common.ts";
import { keyScope } from "./keys.ts";

export const newSession = z.strictObject({
  /** Minutes it is good for. */
  minutes: z.int().min(5).max(720).default(480),
});

export const session = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  expiresAt: time,
  account: z.string(),
});

/** What a one-time sign-in link carries behind its `#`. */
export const signIn = z.strictObject({ token: z.string().min(1).max(200) });

export const signInLink = z.object({
  token: z.string(),
  /** Of the console, on the gateway's own address; the token stands in the fragment, which no server sees. */
  path: z.string(),
  expiresAt: time,
});

export const me = z.object({
  account: z.string(),
  accessKeyId: z.string(),
  /** May use the calls for operators. */
  operator: z.boolean(),
  scope: keyScope,
  /** When the key ends; absent: it does not. */
  expiresAt: time.optional(),
  /** The key that signed in, where this one is a session. */
  sessionOf: z.string().optional(),
  gateway: z.object({
    version: z.string(),
    /** In S3's sense: what requests are signed for. */
    region: z.string(),
    copies: z.int(),
    /** Those with a backend. */
    regions: z.array(z.string()),
    redirect: z.enum(["off", "auto", "always"]),
    publicAccess: z.enum(["allowed", "blocked"]),
    now: time,
  }),
});

export type Session = z.infer<typeof session>;
export type SignInLink = z.infer<typeof signInLink>;
export type Me = z.infer<typeof me>;
