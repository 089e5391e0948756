/** Access keys in a gateway's database. */
import { randomKey } from "../../random-key.ts";
import { audit } from "../audit.ts";
import type { KeysGroup } from "../reached.ts";
import type { Beside } from "./beside.ts";

export function keysBeside({ administration, config, terminal }: Beside): KeysGroup {
  const { metadata, box } = administration;
  const change = async (name: string, accessKeyId: string, isDone: Promise<boolean>) => {
    if (!(await isDone)) throw new Error(`there is no access key ${accessKeyId}`);
    audit(terminal, `keys ${name}`, { accessKeyId });
  };
  return {
    list: () => metadata.accounts.listKeys(),
    async create({ account: name, scope, redirect, expiresAt, ...given }) {
      const made = randomKey();
      const accessKeyId = given.accessKeyId ?? made.accessKeyId;
      const secretAccessKey = given.secretAccessKey ?? made.secretAccessKey;
      // The configuration's root key takes precedence, so a stored key with its id would never be used.
      if (accessKeyId === config.rootKey.accessKeyId) throw new Error(`${accessKeyId} is the root key's own`);
      const account = await metadata.accounts.ensure(name);
      const sealed = box.seal(secretAccessKey, accessKeyId);
      await metadata.accounts.createKey({ accessKeyId, accountId: account.id, ...sealed, redirect, scope, expiresAt });
      audit(terminal, "keys create", { accessKeyId, account: account.name, scope, expiresAt });
      return { accessKeyId, secretAccessKey };
    },
    setDisabled: (accessKeyId, disabled) =>
      change(disabled ? "disable" : "enable", accessKeyId, metadata.accounts.setDisabled(accessKeyId, disabled)),
    revoke: (accessKeyId) => change("revoke", accessKeyId, metadata.accounts.revokeKey(accessKeyId)),
  };
}
