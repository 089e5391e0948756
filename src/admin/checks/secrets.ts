/** Do the encryption keys that are here open the secrets of access keys? With others a gateway starts all the same. */
import type { ListedKey } from "../../metadata/key-rows.ts";
import { error, type Finding, ok } from "./finding.ts";

export interface SecretsCheck {
  readonly keys: readonly Pick<ListedKey, "sealedBy" | "sessionOf">[];
  /** Is the encryption key with this id here? */
  readonly has: (keyId: string) => boolean;
}

/** Sessions end by themselves. Secrets of the first version do not say which encryption key sealed them. */
export function checkSecrets({ keys, has }: SecretsCheck): Finding {
  const lasting = keys.filter(({ sessionOf }) => sessionOf === undefined);
  const closed = lasting.filter(({ sealedBy }) => sealedBy !== undefined && !has(sealedBy)).length;
  if (closed === 0) return ok("secrets", undefined, "the encryption key is the one that access keys are sealed with");
  return error({
    check: "secrets",
    subject: undefined,
    says:
      `${closed} of ${lasting.length} access keys are sealed with an encryption key that is not here: ` +
      "their requests fail with 500",
    remedy:
      "Give the configuration the encryption key of the other gateways, or the former one as one of " +
      "previousEncryptionKeys. If it is lost, revoke these access keys and make new ones.",
  });
}
