/** Accounts and their access keys. Secrets are sealed on the way in and out: this room never sees one. */
import { S3Error } from "../errors.ts";
import type { AccessKey, Account, SealedSecret } from "../model.ts";
import { accountPageQuery, type KeyPage, keyPageQuery, type ListedAccount, type Page } from "./account-pages.ts";
import type { MetadataContext } from "./context.ts";
import { type Parameter, type Statement, statement } from "./engine.ts";
import { type KeyRow, keyColumns, keysWithParents, type ListedKey, toAccessKey, toListedKey } from "./key-rows.ts";
import { checkParameters } from "./parameters.ts";
import { endSessionsOf } from "./sessions.ts";

export interface NewKey extends Omit<AccessKey, "account" | "createdAt" | "disabled" | "sessionOf" | "parent"> {
  readonly accountId: number;
}

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
  `SELECT ${keyColumns} FROM ${keysWithParents} WHERE access_keys.access_key_id = ?`,
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
const countKeys = statement<{ count: number }>(
  "key-count",
  "SELECT COUNT(*) AS count FROM access_keys WHERE account_id = ? AND session_of IS NULL",
);
const countSealers = statement<{ sealed_by: string | null; count: number }>(
  "key-sealers",
  "SELECT sealed_by, COUNT(*) AS count FROM access_keys WHERE session_of IS NULL GROUP BY sealed_by",
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

  /** Undefined: there is one already. */
  create(name: string): Promise<Account | undefined> {
    return this.#context.engine.transact(async (c) =>
      (await c.run(insertAccount, [name])) > 0 ? c.get(selectAccount, [name]) : undefined,
    );
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

  /** How many keys, sessions aside, each encryption key has sealed; undefined: an older version did not note which. */
  async sealers(): Promise<readonly { readonly sealedBy: string | undefined; readonly count: number }[]> {
    const rows = await this.#context.engine.read.all(countSealers, []);
    return rows.map(({ sealed_by: sealedBy, count }) => ({ sealedBy: sealedBy ?? undefined, count: Number(count) }));
  }

  /** The id of the key that signed in, where this one is a session; undefined: it is none. */
  async findSessionParent(accessKeyId: string): Promise<string | undefined> {
    return (await this.#context.engine.read.get(selectParent, [accessKeyId]))?.session_of ?? undefined;
  }

  /** Throws S3Error InvalidArgument when the id is taken. */
  async createKey(key: NewKey): Promise<void> {
    const row = [
      ...[key.accessKeyId, key.accountId, key.sealedSecret, key.sealedBy ?? null, key.redirect ?? null],
      ...[JSON.stringify(key.scope), key.expiresAt?.getTime() ?? null, this.#context.now().getTime()],
    ];
    // Those of a key from a configuration that had this id before would have another's rights.
    const made = await this.#change(key.accessKeyId, insertKey, row, true);
    if (!made) throw new S3Error("InvalidArgument", { message: `The access key ${key.accessKeyId} exists already` });
  }

  /** Without sessions. */
  async countKeys(accountId: number): Promise<number> {
    return (await this.#context.engine.read.get(countKeys, [accountId]))?.count ?? 0;
  }

  async listKeys(): Promise<readonly ListedKey[]> {
    const rows = await this.#context.engine.read.query<KeyRow>((knex) =>
      knex(knex.raw(keysWithParents)).select(knex.raw(keyColumns)).orderBy("access_keys.access_key_id"),
    );
    return rows.map(toListedKey);
  }

  async keyPage(page: KeyPage): Promise<readonly ListedKey[]> {
    const texts = [page.accessKeyId, page.after].filter((text) => text !== undefined);
    checkParameters(texts);
    return (await this.#context.engine.read.query<KeyRow>((knex) => keyPageQuery(knex, page))).map(toListedKey);
  }

  async page(page: Page): Promise<readonly ListedAccount[]> {
    const rows = await this.#context.engine.read.query<ListedAccount>((knex) => accountPageQuery(knex, page));
    return rows.map(({ name, keys, buckets }) => ({ name, keys: Number(keys), buckets: Number(buckets) }));
  }

  /** Its sessions go with it. False when there was no such key. */
  revokeKey(accessKeyId: string): Promise<boolean> {
    return this.#change(accessKeyId, deleteKey, [accessKeyId], true);
  }

  /** Disabling ends its sessions: they do not come back with it. False when there is no such key. */
  setDisabled(accessKeyId: string, disabled: boolean): Promise<boolean> {
    return this.#change(accessKeyId, switchKey, [disabled ? 1 : 0, accessKeyId], disabled);
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

  /** Changes one key's row, and invalidates its cached value and those of its sessions. */
  #change(
    accessKeyId: string,
    change: Statement<never>,
    parameters: readonly Parameter[],
    endsSessions = false,
  ): Promise<boolean> {
    return this.#context.engine.transact(async (c) => {
      const changed = (await c.run(change, parameters)) > 0;
      if (changed && endsSessions) await endSessionsOf(c, accessKeyId);
      c.afterCommit(() => this.#context.cache?.forgetKey(accessKeyId));
      return changed;
    });
  }
}
