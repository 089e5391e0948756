/**
 * Buckets that take over another: which, and which of its keys were deleted here. What was deleted stays so until the
 * takeover ends.
 */
import type { OldBucket } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { toSettings } from "./rows.ts";

/** Some of a bucket's. */
export const forgetDeleted = statement<never>(
  "old-keys-forget",
  `DELETE FROM old_keys_deleted WHERE bucket_id = ?1 AND key IN (
    SELECT key FROM old_keys_deleted WHERE bucket_id = ?1 LIMIT ?2)`,
);
const selectStanding = statement<{ etag: string; modified_at: number; attributes: string }>(
  "taken-object",
  "SELECT etag, modified_at, attributes FROM objects WHERE bucket_id = ? AND key = ? AND is_latest = 1",
);
const selectDeleted = statement<{ key: string }>(
  "old-key-find",
  "SELECT key FROM old_keys_deleted WHERE bucket_id = ? AND key = ?",
);
/** Others are left out by their text. */
const selectTaking = statement<{ name: string; settings: string }>(
  "buckets-taking-over",
  `SELECT name, settings FROM buckets WHERE settings LIKE '%"takesOver":%' ORDER BY name`,
);
const FORGOTTEN_AT_ONCE = 1000;

export interface TakingOver {
  /** The name of the bucket that takes over. */
  readonly bucket: string;
  readonly from: OldBucket;
}

/** What this bucket has under a key. `brought`: from the old one, under this ETag there, and unchanged since. */
export type Standing =
  | "deleted"
  | { readonly etag: string; readonly modifiedAt: Date; readonly brought: string | undefined }
  | undefined;

export class Takeovers {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** The buckets that take another over, by name. */
  async list(): Promise<readonly TakingOver[]> {
    const rows = await this.#context.engine.read.all(selectTaking, []);
    return rows.flatMap(({ name, settings }) => {
      const { takesOver } = toSettings(settings);
      return takesOver === undefined ? [] : [{ bucket: name, from: takesOver }];
    });
  }

  async standing(bucketId: number, key: string): Promise<Standing> {
    const { read } = this.#context.engine;
    if (await read.get(selectDeleted, [bucketId, key])) return "deleted";
    const row = await read.get(selectStanding, [bucketId, key]);
    if (row === undefined) return undefined;
    const { brought } = JSON.parse(row.attributes) as { brought?: string };
    return { etag: row.etag, modifiedAt: new Date(row.modified_at), brought };
  }

  /** Those of the keys that were deleted here. */
  async deleted(bucketId: number, keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    const rows = await this.#context.engine.read.query<{ key: string }>((knex) =>
      knex("old_keys_deleted").select("key").where("bucket_id", bucketId).whereIn("key", keys),
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** Forgets what was deleted in a takeover that has ended. */
  async forget(bucketId: number): Promise<void> {
    const forgetSome = () => this.#context.engine.transact((c) => c.run(forgetDeleted, [bucketId, FORGOTTEN_AT_ONCE]));
    while ((await forgetSome()) === FORGOTTEN_AT_ONCE);
  }
}
