/** Accounts and their access keys. Secrets come and go sealed: this room never sees one. */
import { S3Error } from "../errors.ts";
import type { AccessKey, Account, RedirectMode } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { toAccount, toRedirectMode } from "./rows.ts";

const keyColumns = "access_key_id, account_id, accounts.name AS account_name, sealed_secret, redirect, created_at";
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
const insertKey = statement<never>(
  "key-add",
  "INSERT INTO access_keys (access_key_id, account_id, sealed_secret, redirect, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (access_key_id) DO NOTHING",
);
const deleteKey = statement<never>("key-revoke", "DELETE FROM access_keys WHERE access_key_id = ?");

interface KeyRow {
  readonly access_key_id: string;
  readonly account_id: number;
  readonly account_name: string;
  readonly sealed_secret: string;
  readonly redirect: string | null;
  readonly created_at: number;
}

export class Accounts {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** The account of that name, made when missing. */
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

  /** Throws S3Error InvalidArgument when the id is taken. */
  async createKey(key: {
    readonly accessKeyId: string;
    readonly accountId: number;
    readonly sealedSecret: string;
    readonly redirect: RedirectMode | undefined;
  }): Promise<void> {
    const createdAt = this.#context.now().getTime();
    await this.#context.engine.transact(async (c) => {
      const made = await c.run(insertKey, [
        key.accessKeyId,
        key.accountId,
        key.sealedSecret,
        key.redirect ?? null,
        createdAt,
      ]);
      if (made === 0)
        throw new S3Error("InvalidArgument", { message: `The access key ${key.accessKeyId} exists already` });
      c.afterCommit(() => this.#context.cache?.forgetKey(key.accessKeyId));
    });
  }

  async listKeys(): Promise<readonly AccessKey[]> {
    const rows = await this.#context.engine.read.query<KeyRow>((knex) =>
      knex("access_keys")
        .join("accounts", "accounts.id", "account_id")
        .select(knex.raw(keyColumns))
        .orderBy("access_key_id"),
    );
    return rows.map(toAccessKey);
  }

  /** False when there was no such key. */
  revokeKey(accessKeyId: string): Promise<boolean> {
    return this.#context.engine.transact(async (c) => {
      const revoked = (await c.run(deleteKey, [accessKeyId])) > 0;
      c.afterCommit(() => this.#context.cache?.forgetKey(accessKeyId));
      return revoked;
    });
  }
}

function toAccessKey(row: KeyRow): AccessKey {
  return {
    accessKeyId: row.access_key_id,
    account: toAccount(row),
    sealedSecret: row.sealed_secret,
    createdAt: new Date(row.created_at),
    redirect: toRedirectMode(row.redirect),
  };
}
