/**
 * Objects whose bytes stand on a backend already, under keys that clients gave them. Their storage keys follow from
 * those, so that one that a blob has, or had within its grace, says that the object was adopted before.
 */
import type { MetadataContext } from "./context.ts";
import { type Reader, statement } from "./engine.ts";
import { type NewObject, readCurrent, replaceCurrent, wasDeleted } from "./object-writing.ts";
import type { FreshContent } from "./stored-content.ts";

export interface AdoptedObject extends NewObject {
  readonly content: FreshContent;
  readonly modifiedAt: Date;
}

/**
 * exists: the bucket has an object of that key, which stays. known: a blob has the storage key. deleted: a client
 * deleted it before it came here.
 */
export type Adoption = "adopted" | "exists" | "known" | "deleted";

/** Of a blob, or of one that was stored anew since: then a job deletes what stands there. */
const selectBlob = statement<{ one: number }>(
  "adoption-blob",
  `SELECT 1 AS one FROM blobs WHERE storage_key = ?1
  UNION ALL SELECT 1 FROM jobs WHERE job_key >= 'drop ' || ?1 || ' ' AND job_key < 'drop ' || ?1 || '!' LIMIT 1`,
);
const selectObject = statement<{ id: number }>(
  "adoption-object",
  "SELECT id FROM objects WHERE bucket_id = ? AND key = ? AND is_latest = 1",
);

const selectDeleted = statement<{ key: string }>(
  "adoption-deleted",
  "SELECT key FROM old_keys_deleted WHERE bucket_id = ? AND key = ?",
);

export class Adoptions {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** What would become of it now; undefined: it would be adopted. */
  obstacle(bucketId: number, key: string, storageKey: string): Promise<Exclude<Adoption, "adopted"> | undefined> {
    return obstacleOf(this.#context.engine.read, bucketId, key, storageKey);
  }

  /**
   * Those of the keys, given by their storage keys, that were adopted and have no object in the bucket by now. One that
   * is adopted meanwhile is none of them.
   */
  async gone(bucketId: number, keys: ReadonlyMap<string, string>): Promise<ReadonlySet<string>> {
    const { read } = this.#context.engine;
    const blobs = await read.query<{ storage_key: string }>((knex) =>
      knex("blobs")
        .select("storage_key")
        .whereIn("storage_key", [...keys.keys()]),
    );
    const adopted = blobs.flatMap(({ storage_key }) => keys.get(storage_key) ?? []);
    if (adopted.length === 0) return new Set();
    const standing = await read.query<{ key: string }>((knex) =>
      knex("objects").select("key").where({ bucket_id: bucketId, is_latest: 1 }).whereIn("key", adopted),
    );
    const here = new Set(standing.map(({ key }) => key));
    return new Set(adopted.filter((key) => !here.has(key)));
  }

  /**
   * In one transaction, each as an object's write is: with a job for its further copies, and one that reads it whole
   * for its digest. In the order of their keys. Throws NoSuchBucket, and InvalidBucketState after the takeover's end.
   */
  adopt(objects: readonly AdoptedObject[]): Promise<readonly Adoption[]> {
    return this.#context.engine.transact(async (c) => {
      const outcomes: Adoption[] = [];
      for (const object of objects) {
        const current = await readCurrent(c, object.bucketId, object.key);
        const obstacle = await obstacleOf(c, object.bucketId, object.key, object.content.storageKey);
        const outcome =
          obstacle ?? ((await wasDeleted(c, current, object.bucketId, object.key)) ? "deleted" : "adopted");
        if (outcome === "adopted") await replaceCurrent(c, this.#context, current, object);
        outcomes.push(outcome);
      }
      return outcomes;
    });
  }
}

async function obstacleOf(
  reader: Pick<Reader, "get">,
  bucketId: number,
  key: string,
  storageKey: string,
): Promise<Exclude<Adoption, "adopted"> | undefined> {
  if (await reader.get(selectBlob, [storageKey])) return "known";
  if (await reader.get(selectObject, [bucketId, key])) return "exists";
  return (await reader.get(selectDeleted, [bucketId, key])) && "deleted";
}
