/** The key that a link is signed with: that of the caller, or, for a session, the key that signed in. */
import type { SealedKey } from "../auth/secret-box.ts";
import type { Accounts } from "../metadata/accounts.ts";
import { ApiError } from "./problems.ts";

export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Refused from then on; undefined: no end is known. */
  readonly expiresAt: Date | undefined;
}

export interface SigningKeyOptions {
  readonly accounts: Pick<Accounts, "findKey" | "findSessionParent">;
  /** From the configuration; it is not in the database. */
  readonly rootKey: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly unseal: (key: SealedKey) => Promise<string>;
}

/** The function returned throws NotAllowed when the key that signed in is gone, disabled or over. */
export function signingKeyFinder({
  accounts,
  rootKey,
  unseal,
}: SigningKeyOptions): (caller: { readonly accessKeyId: string }, now: Date) => Promise<SigningKey> {
  return async ({ accessKeyId: own }, now) => {
    const accessKeyId = own === rootKey.accessKeyId ? own : ((await accounts.findSessionParent(own)) ?? own);
    if (accessKeyId === rootKey.accessKeyId) return { ...rootKey, expiresAt: undefined };
    const key = await accounts.findKey(accessKeyId);
    if (key === undefined || key.disabled || (key.expiresAt !== undefined && key.expiresAt <= now))
      throw new ApiError("NotAllowed", "The access key that signed in can no longer be used");
    return { accessKeyId, secretAccessKey: await unseal(key), expiresAt: key.expiresAt };
  };
}
