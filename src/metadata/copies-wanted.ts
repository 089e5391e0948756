/**
 * How many copies a blob should have: the most that any of its objects asks for, by itself or by its bucket. A name
 * that comes raises the number in its own transaction; what may lower it is counted anew here.
 */
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { toSettings } from "./rows.ts";

const lockBlob = statement("copies-wanted-lock", "SELECT id FROM blobs WHERE id = ? FOR UPDATE");
const raise = statement<never>("copies-wanted-raise", "UPDATE blobs SET copies = ?1 WHERE id = ?2 AND copies < ?1");
const isFewer = statement<{ one: number }>(
  "copies-wanted-fewer",
  "SELECT 1 AS one FROM blobs WHERE id = ? AND copies < ?",
);
const selectAsks = statement<{ settings: string; most: number; least: number }>(
  "copies-wanted-asks",
  `SELECT buckets.settings AS settings, asked.most AS most, asked.least AS least
  FROM (SELECT bucket_id, MAX(copies) AS most, MIN(copies) AS least FROM objects WHERE blob_id = ? GROUP BY bucket_id)
    AS asked JOIN buckets ON buckets.id = asked.bucket_id`,
);
const save = statement<never>("copies-wanted-save", "UPDATE blobs SET copies = ?1 WHERE id = ?2 AND copies <> ?1");
const selectPage = statement<{ id: number; is_named: number }>(
  "copies-wanted-page",
  `SELECT page.id AS id, CASE WHEN EXISTS (
    SELECT 1 FROM objects WHERE objects.blob_id = page.id AND objects.bucket_id = ?) THEN 1 ELSE 0 END AS is_named
  FROM (SELECT id FROM blobs WHERE id > ? ORDER BY id LIMIT ?) AS page ORDER BY page.id`,
);

/** For an object that asks for more than the others that share the blob. True: it has changed. */
export async function raiseCopies(
  c: Connection,
  { cache }: MetadataContext,
  blobId: number,
  copies: number,
): Promise<boolean> {
  if (copies === 0) return false;
  await c.lock(lockBlob, [blobId]);
  if ((await c.run(raise, [copies, blobId])) === 0) return false;
  c.afterCommit(() => cache?.forgetBlob(blobId));
  return true;
}

/** The bucket may have come to ask for more while the bytes were on their way: then the blob is counted anew. */
export async function checkCopies(
  c: Connection,
  { now }: MetadataContext,
  blobId: number,
  copies: number,
): Promise<void> {
  if ((await c.get(isFewer, [blobId, copies])) === undefined) return;
  await addJob(c, { kind: "recount", blobId }, now(), now());
}

export class CopiesWanted {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * One transaction: asks all objects of the blob. `usual`: what those get that ask for nothing. A change makes a copy
   * job, which also has removed what became surplus.
   */
  async recount(blobId: number, usual: number): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      await c.lock(lockBlob, [blobId]);
      const asks = (await c.all(selectAsks, [blobId])).flatMap(({ settings, most, least }) =>
        least > 0 ? [most] : [most, toSettings(settings).copies ?? 0],
      );
      const most = Math.max(0, ...asks);
      const isUsual = asks.some((copies) => copies === 0 && most <= usual);
      const changed = await c.run(save, [isUsual ? 0 : most, blobId]);
      if (changed === 0) return;
      c.afterCommit(() => this.#context.cache?.forgetBlob(blobId));
      const now = this.#context.now();
      await addJob(c, { kind: "copy", blobId }, now, now);
    });
  }

  /** Of the next `limit` blobs by id, those that objects of the bucket refer to. `last` undefined: none is left. */
  async page(
    bucketId: number,
    after: number,
    limit: number,
  ): Promise<{ readonly blobs: readonly number[]; readonly last: number | undefined }> {
    const rows = await this.#context.engine.read.all(selectPage, [bucketId, after, limit]);
    const blobs = rows.flatMap(({ id, is_named: isNamed }) => (isNamed === 1 ? [id] : []));
    return { blobs, last: rows.length < limit ? undefined : rows.at(-1)?.id };
  }
}
