/** A SQLite database with as many objects as wanted, written by SQL, past the gateway. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import knexFactory from "knex";
import { type Metadata, openMetadata } from "../../src/metadata/metadata.ts";
import type { Bucket } from "../../src/model.ts";

export interface FilledDatabase extends AsyncDisposable {
  readonly objects: number;
  readonly metadata: Metadata;
  /** Holds all objects. */
  readonly bucket: Bucket;
  readonly writerId: string;
  /** The content of every second object; each of the others has a blob of its own. */
  readonly sharedBlob: number;
}

const KEYS_PER_PREFIX = 5;
const SHARED = "blobs/shared";
const digits = (number: string): string => `substr(CAST(10000000 + ${number} AS TEXT), 2)`;

/** The key of object `number`, which counts from 0. */
export function keyOf(number: number): string {
  return `${prefixOf(Math.floor(number / KEYS_PER_PREFIX))}${String(number).padStart(7, "0")}`;
}

export function prefixOf(number: number): string {
  return `${String(number).padStart(7, "0")}/`;
}

export function prefixCount(objects: number): number {
  return objects / KEYS_PER_PREFIX;
}

export async function openFilledDatabase(objects: number): Promise<FilledDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-bench-"));
  const file = join(directory, "metadata.sqlite");
  // Not durable: a sync of the disk would take longer than what is measured.
  const engine = { kind: "sqlite", file, durable: false } as const;
  const metadata = await openMetadata({ engine, now: () => new Date(), graceMs: 86_400_000, cacheRows: 0 });
  const account = await metadata.accounts.ensure("bench");
  const place = { accountId: account.id, location: "eu", settings: {} };
  const bucket = await metadata.buckets.create({ ...place, name: "filled" });
  const sharedBlob = await fill(file, bucket.id, objects);
  return {
    objects,
    metadata,
    bucket,
    writerId: await metadata.keyReservations.openWriter(3_600_000),
    sharedBlob,
    async [Symbol.asyncDispose]() {
      await metadata.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function fill(file: string, bucketId: number, objects: number): Promise<number> {
  const knex = knexFactory({ client: "sqlite3", connection: { filename: file }, useNullAsDefault: true });
  try {
    const numbers = `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${objects} - 1)`;
    await knex.raw(`INSERT INTO blobs (storage_key, size, etag, digest, scope, ref_count) ${numbers}
      SELECT 'blobs/' || ${digits("i")}, 1000, 'etag', 'digest ' || i, 'account:1', 1 FROM numbers WHERE i % 2 = 1`);
    await knex("blobs").insert({
      storage_key: SHARED,
      size: 1000,
      etag: "etag",
      digest: "shared",
      scope: "account:1",
      ref_count: objects / 2,
    });
    const [shared] = await knex("blobs").where("storage_key", SHARED).select("id");
    for (const backend of ["amsterdam", "toronto"])
      await knex.raw(`INSERT INTO replicas (blob_id, backend, state, verified_at)
        SELECT id, '${backend}', 'verified', 1 FROM blobs`);
    await knex.raw(`INSERT INTO objects (bucket_id, key, version_id, is_latest, is_delete_marker, blob_id, size, etag,
        modified_at, attributes) ${numbers}
      SELECT ${bucketId}, ${digits(`i / ${KEYS_PER_PREFIX}`)} || '/' || ${digits("i")}, 'null', 1, 0,
        CASE WHEN i % 2 = 1 THEN (i + 1) / 2 ELSE ${shared.id} END, 1000, 'etag', 1, '{"metadata":{}}' FROM numbers`);
    return shared.id;
  } finally {
    await knex.destroy();
  }
}
