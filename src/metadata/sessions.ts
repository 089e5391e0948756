/**
 * Access keys that end, made from another key, and the links that make one. A session has its parent's rights; it
 * counts only while its parent does, and goes with it. Secrets are sealed on the way in: this room never sees one.
 */
import type { KeyScope, RedirectMode, SealedSecret } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";

export interface NewSession extends SealedSecret {
  readonly accessKeyId: string;
  readonly parent: SessionParent;
  readonly expiresAt: Date;
}

/** The key that a session is made from. */
export interface SessionParent {
  readonly accessKeyId: string;
  readonly accountId: number;
  readonly scope: KeyScope;
  readonly redirect: RedirectMode | undefined;
  /** False: it is the key from the configuration. */
  readonly isStored: boolean;
}

/** ended: the parent is revoked or disabled. full: it has as many as it may. */
export type SessionOutcome = "made" | "ended" | "full";

/** Sessions and links of one key at a time: whoever holds a key cannot fill the database with them. */
const MOST_OF_A_KEY = 1000;

const lockParent = statement(
  "session-parent-lock",
  "SELECT access_key_id FROM access_keys WHERE access_key_id = ? FOR UPDATE",
);
const selectParent = statement<{ disabled: number }>(
  "session-parent",
  "SELECT disabled FROM access_keys WHERE access_key_id = ?",
);
const countSessions = statement<{ count: number }>(
  "session-count",
  "SELECT COUNT(*) AS count FROM access_keys WHERE session_of = ? AND expires_at > ?",
);
const insertSession = statement<never>(
  "session-add",
  `INSERT INTO access_keys (
    access_key_id, account_id, sealed_secret, sealed_by, redirect, scope, expires_at, session_of, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
);
const deleteSessions = statement<never>("session-end-all", "DELETE FROM access_keys WHERE session_of = ?");
const deleteOver = statement<{ access_key_id: string }>(
  "session-over",
  "DELETE FROM access_keys WHERE session_of IS NOT NULL AND expires_at <= ? RETURNING access_key_id",
);
const insertLink = statement<never>(
  "sign-in-link-add",
  "INSERT INTO sign_in_links (token_hash, access_key_id, expires_at) VALUES (?, ?, ?)",
);
const countLinks = statement<{ count: number }>(
  "sign-in-link-count",
  "SELECT COUNT(*) AS count FROM sign_in_links WHERE access_key_id = ? AND expires_at > ?",
);
const takeLink = statement<{ access_key_id: string; expires_at: number }>(
  "sign-in-link-take",
  "DELETE FROM sign_in_links WHERE token_hash = ? RETURNING access_key_id, expires_at",
);
const deleteLinks = statement<never>(
  "sign-in-link-end-all",
  `DELETE FROM sign_in_links
  WHERE access_key_id = ? OR access_key_id IN (SELECT access_key_id FROM access_keys WHERE session_of = ?)`,
);
const deleteOverLinks = statement<never>("sign-in-link-over", "DELETE FROM sign_in_links WHERE expires_at <= ?");

/** Ends the sessions and links of a key, and the links of those sessions. */
export async function endSessionsOf(c: Connection, accessKeyId: string): Promise<void> {
  await c.run(deleteLinks, [accessKeyId, accessKeyId]);
  await c.run(deleteSessions, [accessKeyId]);
}

export class Sessions {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Looks at the parent in the same transaction, so that none outlives one that is revoked meanwhile. */
  create({ accessKeyId, parent, expiresAt, sealedSecret, sealedBy }: NewSession): Promise<SessionOutcome> {
    const now = this.#context.now().getTime();
    return this.#context.engine.transact(async (c) => {
      if (parent.isStored) {
        await c.lock(lockParent, [parent.accessKeyId]);
        if ((await c.get(selectParent, [parent.accessKeyId]))?.disabled !== 0) return "ended";
      }
      const count = (await c.get(countSessions, [parent.accessKeyId, now]))?.count ?? 0;
      if (count >= MOST_OF_A_KEY) return "full";
      const { accountId, redirect = null, scope } = parent;
      await c.run(insertSession, [
        ...[accessKeyId, accountId, sealedSecret, sealedBy ?? null, redirect, JSON.stringify(scope)],
        ...[expiresAt.getTime(), parent.accessKeyId, now],
      ]);
      return "made";
    });
  }

  /** `tokenHash`: what stands in the database cannot sign in. False: the key has as many links as it may. */
  addLink(tokenHash: string, accessKeyId: string, expiresAt: Date): Promise<boolean> {
    const now = this.#context.now().getTime();
    return this.#context.engine.transact(async (c) => {
      if (((await c.get(countLinks, [accessKeyId, now]))?.count ?? 0) >= MOST_OF_A_KEY) return false;
      await c.run(insertLink, [tokenHash, accessKeyId, expiresAt.getTime()]);
      return true;
    });
  }

  /** Uses a link up: exactly one caller gets the access key that made it. Undefined: used, over, or never made. */
  async takeLink(tokenHash: string): Promise<string | undefined> {
    const link = await this.#context.engine.transact((c) => c.get(takeLink, [tokenHash]));
    return link !== undefined && link.expires_at > this.#context.now().getTime() ? link.access_key_id : undefined;
  }

  /** Deletes sessions and links that are over. */
  async forgetOver(): Promise<void> {
    const now = this.#context.now().getTime();
    await this.#context.engine.transact(async (c) => {
      const over = await c.all(deleteOver, [now]);
      await c.run(deleteOverLinks, [now]);
      c.afterCommit(() => {
        for (const { access_key_id: id } of over) this.#context.cache?.forgetKey(id);
      });
    });
  }
}
