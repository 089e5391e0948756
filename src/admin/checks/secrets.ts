/** Do the encryption keys that are here open the secrets of access keys, and what attached backends are set up by? */
import type { ClosedSecrets } from "../closed-secrets.ts";
import { error, type Finding, ok } from "./finding.ts";

const KEY =
  "Give the configuration the encryption key of the other gateways, or the former one as one of " +
  "previousEncryptionKeys.";

export function checkSecrets({ keys, closedKeys }: ClosedSecrets): Finding {
  if (closedKeys === 0)
    return ok("secrets", undefined, "the encryption key is the one that access keys are sealed with");
  return error({
    check: "secrets",
    subject: undefined,
    says:
      `${closedKeys} of ${keys} access keys are sealed with an encryption key that is not here: ` +
      "their requests get 503",
    remedy: `${KEY} If it is lost, revoke these access keys and make new ones.`,
  });
}

/** Of attached backends whose configuration cannot be read: for its encryption key, or for a region that is gone. */
export function checkReadable(
  unreadable: readonly { readonly name: string; readonly fault: string }[],
): readonly Finding[] {
  return unreadable.map(({ name, fault }) =>
    error({
      check: "configured",
      subject: name,
      says: `was attached, and its configuration cannot be read: ${fault}`,
      remedy: `${KEY} If that is not it, attach it again: nearbucket backends attach ${name} --from FILE`,
    }),
  );
}
