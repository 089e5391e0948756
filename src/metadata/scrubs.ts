/** When each replica was last read whole: which are due to be read again, and since when all were. */
import type { Blob } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { markScrubbed } from "./replica-rows.ts";
import { type BlobRow, blobColumns, toBlob } from "./rows.ts";

const selectDue = statement<BlobRow & { scrubbed_at: number }>(
  "scrub-due",
  `SELECT ${blobColumns}, due.scrubbed_at AS scrubbed_at FROM replicas AS due JOIN blobs ON blobs.id = due.blob_id
  WHERE due.backend = ? AND due.state = 'verified' AND due.scrubbed_at >= ? AND due.scrubbed_at <= ?
    AND blobs.deleting = 0
  ORDER BY due.scrubbed_at LIMIT ?`,
);
const countVerified = statement<{ count: number }>(
  "scrub-count",
  "SELECT COUNT(*) AS count FROM replicas WHERE backend = ? AND state = 'verified'",
);
const countDue = statement<{ replicas: number; bytes: number }>(
  "scrub-left",
  `SELECT COUNT(*) AS replicas, COALESCE(SUM(blobs.size), 0) AS bytes
  FROM replicas AS due JOIN blobs ON blobs.id = due.blob_id
  WHERE due.backend = ? AND due.state = 'verified' AND due.scrubbed_at <= ? AND blobs.deleting = 0`,
);
const selectOldest = statement<{ scrubbed_at: number }>(
  "scrub-oldest",
  "SELECT scrubbed_at FROM replicas WHERE backend = ? AND state = 'verified' ORDER BY scrubbed_at LIMIT 1",
);

export interface DueReplica {
  readonly blob: Blob;
  /** Epoch ms; 0: never since an older version wrote it. */
  readonly scrubbedAt: number;
}

export class Scrubs {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Verified replicas last read from `from` until `until`, both epoch ms and included, the longest ago first. */
  async due(backend: string, from: number, until: number, limit: number): Promise<readonly DueReplica[]> {
    const rows = await this.#context.engine.read.all(selectDue, [backend, from, until, limit]);
    return rows.map((row) => ({ blob: toBlob(row), scrubbedAt: row.scrubbed_at }));
  }

  /** Verified replicas last read at `until` or before, and their bytes. Reads the rows of all of them. */
  async left(backend: string, until: Date): Promise<{ readonly replicas: number; readonly bytes: number }> {
    const row = await this.#context.engine.read.get(countDue, [backend, until.getTime()]);
    return { replicas: row?.replicas ?? 0, bytes: row?.bytes ?? 0 };
  }

  /** Verified replicas on a backend. Reads the index of all of them. */
  async count(backend: string): Promise<number> {
    return (await this.#context.engine.read.get(countVerified, [backend]))?.count ?? 0;
  }

  /** These were read whole just now and are good. One transaction; one that is not verified any more stays as it is. */
  async mark(backend: string, blobIds: readonly number[]): Promise<void> {
    const now = this.#context.now();
    await this.#context.engine.transact(async (c) => {
      for (const blobId of [...blobIds].sort((a, b) => a - b)) await markScrubbed(c, blobId, backend, now);
    });
  }

  /** Every verified replica on a backend was read since then; "never": one was not; undefined: it has none. */
  async since(backend: string): Promise<Date | "never" | undefined> {
    const row = await this.#context.engine.read.get(selectOldest, [backend]);
    if (row === undefined) return undefined;
    return row.scrubbed_at === 0 ? "never" : new Date(row.scrubbed_at);
  }
}
