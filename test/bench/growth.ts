/**
 * How the time of calls grows with the number of objects in the database: each call of the metadata on SQLite, without
 * cache and without network, at three sizes by turns. Its ratio is that of the largest to the smallest.
 */
import { randomBytes, randomInt } from "node:crypto";
import type { ListPage } from "../../src/metadata/objects.ts";
import { type FilledDatabase, keyOf, openFilledDatabase, prefixCount, prefixOf } from "./filled-database.ts";

export const SIZES = [10_000, 100_000, 1_000_000] as const;
const AT_MOST = 1.5;
const PAGE = 1000;

interface Call {
  readonly work: string;
  readonly repeats: number;
  /** Prepares one call. */
  prepare(database: FilledDatabase): Promise<() => Promise<unknown>> | (() => Promise<unknown>);
}

export interface Growth {
  readonly work: string;
  /** Medians, in the order of SIZES. */
  readonly milliseconds: readonly number[];
  /** Each size to the smallest. */
  readonly ratios: readonly number[];
  readonly met: boolean;
}

const list =
  (page: (objects: number) => Pick<ListPage, "after" | "delimiter">): Call["prepare"] =>
  (database) => {
    const all = { prefix: "", limit: PAGE, ...page(database.objects) };
    return () => database.metadata.objects.list(database.bucket.id, all);
  };

const CALLS: readonly Call[] = [
  {
    work: "list a page of 1,000 objects",
    repeats: 30,
    prepare: list((objects) => ({ delimiter: undefined, after: keyOf(randomInt(objects - PAGE - 1)) })),
  },
  {
    work: "list a page of 1,000 common prefixes",
    repeats: 30,
    prepare: list((objects) => ({ delimiter: "/", after: prefixOf(randomInt(prefixCount(objects) - PAGE - 1)) })),
  },
  {
    work: "find an object for GET",
    repeats: 400,
    prepare:
      ({ metadata, bucket, objects }) =>
      () =>
        metadata.objects.find(bucket.name, keyOf(randomInt(objects))),
  },
  {
    work: "PUT of new content",
    repeats: 200,
    async prepare({ metadata, bucket, writerId, objects }) {
      const [storageKey = ""] = await metadata.keyReservations.reserve(writerId, 1);
      const key = `${keyOf(randomInt(objects))}-${randomBytes(8).toString("hex")}`;
      const digest = randomBytes(32).toString("hex");
      const bytes = { storageKey, digest, size: 1, etag: "etag", partSizes: undefined, scope: "account:1" };
      const content = {
        ...bytes,
        backends: ["amsterdam", "toronto"],
        touched: [],
        copies: 2,
        good: 2,
        replaces: undefined,
      };
      return () =>
        metadata.objects.put({
          bucketId: bucket.id,
          key,
          content: { ...content, kind: "fresh" },
          etag: "etag",
          attributes: { metadata: {} },
          checksum: undefined,
          parts: undefined,
          condition: {},
        });
    },
  },
  {
    work: "look up content that half of the objects have, none of them the caller's",
    repeats: 100,
    prepare:
      ({ metadata, sharedBlob }) =>
      async () => {
        const stranger = { accountId: 0, places: undefined };
        await metadata.blobs.findByDigest("account:1", "shared");
        await metadata.blobs.isReadableBy(sharedBlob, stranger);
        await metadata.blobs.checksums(sharedBlob, stranger);
      },
  },
  {
    work: "DELETE",
    repeats: 200,
    prepare:
      ({ metadata, bucket, objects }) =>
      () =>
        metadata.objects.delete(bucket.id, keyOf(randomInt(objects))),
  },
  {
    work: "DeleteBucket of an empty bucket",
    repeats: 50,
    async prepare({ metadata, bucket: { owner } }) {
      const place = { accountId: owner.id, location: "eu", settings: {} };
      const empty = await metadata.buckets.create({ ...place, name: `empty-${randomBytes(8).toString("hex")}` });
      return () => metadata.buckets.delete(empty.id);
    },
  },
  {
    work: "stats",
    repeats: 50,
    prepare:
      ({ metadata }) =>
      () =>
        metadata.stats.report(2),
  },
];

export async function measureGrowth(): Promise<readonly Growth[]> {
  const databases: FilledDatabase[] = [];
  try {
    for (const objects of SIZES) databases.push(await openFilledDatabase(objects));
    const grown: Growth[] = [];
    for (const call of CALLS) grown.push(await grow(call, databases));
    return grown;
  } finally {
    for (const database of databases) await database[Symbol.asyncDispose]();
  }
}

async function grow({ work, repeats, prepare }: Call, databases: readonly FilledDatabase[]): Promise<Growth> {
  const times = databases.map((): number[] => []);
  const warmUp = Math.ceil(repeats / 10);
  for (let turn = -warmUp; turn < repeats; turn++)
    for (const [at, database] of databases.entries()) {
      const call = await prepare(database);
      const start = performance.now();
      await call();
      if (turn >= 0) times[at]?.push(performance.now() - start);
    }
  const milliseconds = times.map((each) => each.sort((a, b) => a - b)[Math.floor(each.length / 2)] ?? Number.NaN);
  const ratios = milliseconds.map((each) => each / (milliseconds[0] ?? Number.NaN));
  return { work, milliseconds, ratios, met: ratios.every((ratio) => ratio <= AT_MOST) };
}
