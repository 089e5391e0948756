/** Whether an access key of the database counts now: pure. */
import type { AccessKey } from "../model.ts";

/** `rootKeyId`: of the key from the configuration, which has no row; undefined: there is none. */
export function isUsable(key: AccessKey, now: Date, rootKeyId: string | undefined): boolean {
  if (!isGood(key, now)) return false;
  const { sessionOf, parent } = key;
  if (sessionOf === undefined || sessionOf === rootKeyId) return true;
  return parent !== undefined && isGood(parent, now);
}

function isGood({ disabled, expiresAt }: Pick<AccessKey, "disabled" | "expiresAt">, now: Date): boolean {
  return !disabled && (expiresAt === undefined || expiresAt > now);
}
