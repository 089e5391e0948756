/** Links that sign in once: a token that nobody guesses, of which only a hash is kept. */
import { createHash, randomBytes } from "node:crypto";

export interface SignInLink {
  readonly token: string;
  /** Of the console, on the gateway's own address: the token stands in the fragment, which no server sees. */
  readonly path: string;
  readonly expiresAt: Date;
}

const GOOD_FOR_MS = 15 * 60_000;
const TOKEN_BYTES = 32;

/** `keep` remembers the hash; the link is good once it has resolved. */
export async function makeSignInLink(
  now: Date,
  keep: (tokenHash: string, expiresAt: Date) => Promise<void>,
): Promise<SignInLink> {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const expiresAt = new Date(now.getTime() + GOOD_FOR_MS);
  await keep(hashToken(token), expiresAt);
  return { token, path: `/-/#sign-in=${token}`, expiresAt };
}

/** sha256, in hex. A token has 256 random bits, so that a slow hash would protect nothing more. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
