/** Accounts and their access keys. Secrets are sealed on the way in and out: this room never sees one. */
import { S3Error } from "../errors.ts";
import type { AccessKey, Account, KeyScope, SealedSecret } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { type Parameter, type Statement, statement } from "./engine.ts";
import { fromJson, toAccount, toRedirectMode } from "./rows.ts";

/** Only listings show the last use, so that a use does not invalidate the cached key. */
export interface ListedKey extends AccessKey {
  /** To the minute; undefined: never. */
  readonly lastUsedAt: Date | undefined;
}

export interface NewKey extends Omit<AccessKey, "account" | "createdAt" | "disabled"> {
  readonly accountId: number;
}

const keyColumns = `access_key_id, account_id, accounts.name AS account_name, sealed_secret, sealed_by, redirect,
  scope, disabled, expires_at, last_used_at, created_at`;
const insertAccount = statement<never>(
  "account-add",
  "INSERT INTO accounts (name) VALUES (?) ON CONFLICT (name) DO NOTHING",
);
const selectAccount = statement<{ id: number; name: string }>(
  "account-find",
  "SELECT id, name FROM accounts WHERE name = ?",
);
const selectKey = statement<KeyRow>(
  "key-find",
  `SELECT ${keyColumns} FROM access_keys JOIN accounts ON accounts.id = account_id WHERE access_key_id = ?`,
);
const selectParent = statement<{ session_of: string | null }>(
  "key-session-of",
  "SELECT session_of FROM access_keys WHERE access_key_id = ?",
);
const insertKey = statement<never>(
  "key-add",
  `INSERT INTO access_keys (
    access_key_id, account_id, sealed_secret, sealed_by, redirect, scope, expires_at, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (access_key_id) DO NOTHING`,
);
const deleteKey = statement<never>("key-revoke", "DELETE FROM access_keys WHERE access_key_id = ?");
const switchKey = statement<never>("key-switch", "UPDATE access_keys SET disabled = ? WHERE access_key_id = ?");
const resealKey = statement<never>(
  "key-reseal",
  "UPDATE access_keys SET sealed_secret = ?, sealed_by = ? WHERE access_key_id = ? AND sealed_secret = ?",
);
const recordUse = statement<never>(
  "key-used",
  `UPDATE access_keys SET last_used_at = CAST(?1 AS BIGINT)
  WHERE access_key_id = ?2 AND (last_used_at IS NULL OR last_used_at < CAST(?1 AS BIGINT))`,
);

interface KeyRow {
  readonly access_key_id: string;
  readonly account_id: number;
  readonly account_name: string;
  readonly sealed_secret: string;
  readonly sealed_by: string | null;
  readonly redirect: string | null;
  readonly scope: string;
  readonly disabled: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly created_at: number;
}

export class Accounts {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** The account of that name; creates it when missing. */
  async ensure(name: string): Promise<Account> {
    const known = await this.#context.engine.read.get(selectAccount, [name]);
    if (known) return known;
    return this.#context.engine.transact(async (c) => {
      await c.run(insertAccount, [name]);
      const made = await c.get(selectAccount, [name]);
      if (!made) throw new Error("an account vanished in its own transaction");
      return made;
    });
  }

  async find(name: string): Promise<Account | undefined> {
    return this.#context.engine.read.get(selectAccount, [name]);
  }

  /** Hot: one prepared statement, cached exactly. Undefined: unknown or revoked. */
  async findKey(accessKeyId: string): Promise<AccessKey | undefined> {
    const { cache, engine } = this.#context;
    if (cache?.key(accessKeyId) && (await cache.isFresh())) {
      const known = cache.key(accessKeyId);
      if (known) return known;
    }
    const epoch = cache?.epoch ?? 0;
    const row = await engine.read.get(selectKey, [accessKeyId]);
    if (!row) return undefined;
    const key = toAccessKey(row);
    cache?.keepKey(epoch, key);
    return key;
  }

  /** The id of the key that signed in, where this one is a session; undefined: it is none. */
  async findSessionParent(accessKeyId: string): Promise<string | undefined> {
    return (await this.#context.engine.read.get(selectParent, [accessKeyId]))?.session_of ?? undefined;
  }

  /** Throws S3Error InvalidArgument when the id is taken. */
  async createKey(key: NewKey): Promise<void> {
    const made = await this.#change(key.accessKeyId, insertKey, [
      key.accessKeyId,
      key.accountId,
      key.sealedSecret,
      key.sealedBy ?? null,
      key.redirect ?? null,
      JSON.stringify(key.scope),
      key.expiresAt?.getTime() ?? null,
      this.#context.now().getTime(),
    ]);
    if (!made) throw new S3Error("InvalidArgument", { message: `The access key ${key.accessKeyId} exists already` });
  }

  async listKeys(): Promise<readonly ListedKey[]> {
    const rows = await this.#context.engine.read.query<KeyRow>((knex) =>
      knex("access_keys")
        .join("accounts", "accounts.id", "account_id")
        .select(knex.raw(keyColumns))
        .orderBy("access_key_id"),
    );
    return rows.map((row) => ({
      ...toAccessKey(row),
      lastUsedAt: row.last_used_at === null ? undefined : new Date(row.last_used_at),
    }));
  }

  /** False when there was no such key. */
  revokeKey(accessKeyId: string): Promise<boolean> {
    return this.#change(accessKeyId, deleteKey, [accessKeyId]);
  }

  /** False when there is no such key. */
  setDisabled(accessKeyId: string, disabled: boolean): Promise<boolean> {
    return this.#change(accessKeyId, switchKey, [disabled ? 1 : 0, accessKeyId]);
  }

  /** Replaces `former` by the same secret, sealed anew. False when `former` is no longer there. */
  reseal(accessKeyId: string, former: string, { sealedSecret, sealedBy }: SealedSecret): Promise<boolean> {
    return this.#change(accessKeyId, resealKey, [sealedSecret, sealedBy ?? null, accessKeyId, former]);
  }

  /** One transaction for all. Ignores keys that are gone and uses earlier than the recorded one. */
  async recordUses(uses: ReadonlyMap<string, Date>): Promise<void> {
    const ordered = [...uses].sort(([a], [b]) => (a < b ? -1 : 1));
    await this.#context.engine.transact(async (c) => {
      for (const [accessKeyId, at] of ordered) await c.run(recordUse, [at.getTime(), accessKeyId]);
    });
  }

  /** Changes one key's row and invalidates its cached value. */
  #change(accessKeyId: string, change: Statement<never>, parameters: readonly Parameter[]): Promise<boolean> {
    return this.#context.engine.transact(async (c) => {
      const changed = (await c.run(change, parameters)) > 0;
      c.afterCommit(() => this.#context.cache?.forgetKey(accessKeyId));
      return changed;
    });
  }
}

function toAccessKey(row: KeyRow): AccessKey {
  return {
    accessKeyId: row.access_key_id,
    account: toAccount(row),
    sealedSecret: row.sealed_secret,
    sealedBy: row.sealed_by ?? undefined,
    createdAt: new Date(row.created_at),
    redirect: toRedirectMode(row.redirect),
    scope: fromJson<KeyScope>(row.scope) ?? {},
    disabled: row.disabled === 1,
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at),
  };
}
