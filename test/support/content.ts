/** A bucket to write to and contents to write, for the tests in test/metadata. */
import { createHash } from "node:crypto";
import type { JobKind } from "../../src/metadata/jobs.ts";
import type { Metadata } from "../../src/metadata/metadata.ts";
import type { NewObject } from "../../src/metadata/objects.ts";
import type { FreshContent, KnownContent } from "../../src/metadata/stored-content.ts";
import type { Blob, Bucket, StoredObject } from "../../src/model.ts";

export interface Place {
  readonly bucket: Bucket;
  readonly writerId: string;
  readonly fresh: (text: string, change?: Partial<FreshContent>) => Promise<FreshContent>;
  readonly put: (key: string, text: string, change?: Partial<NewObject>) => Promise<StoredObject>;
  readonly blobOf: (key: string) => Promise<Blob>;
}

export const TAKEN = { service: "old", bucket: "photos" };
export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");
export const etagOf = (text: string): string => createHash("md5").update(text).digest("hex");
export const known = (blob: Blob): KnownContent => ({
  kind: "known",
  blobId: blob.id,
  size: blob.size,
  etag: blob.etag,
});

/** Content named by a text: size, digest and ETag are the text's. */
export async function openPlace(metadata: Metadata, bucketName = "pictures", accountName = "alice"): Promise<Place> {
  const account = await metadata.accounts.ensure(accountName);
  const bucket = await metadata.buckets.create({
    name: bucketName,
    accountId: account.id,
    location: "eu",
    settings: {},
  });
  const writerId = await metadata.keyReservations.openWriter(60_000);
  return { bucket, writerId, ...through(metadata, { bucket, writerId }) };
}

/** As `openPlace`; its bucket takes another one over. */
export async function openTakingPlace(metadata: Metadata): Promise<Place> {
  const place = await openPlace(metadata);
  await takeOver(metadata, place.bucket.id);
  return place;
}

export async function takeOver(metadata: Metadata, bucketId: number): Promise<void> {
  await metadata.buckets.updateSettings(bucketId, (settings) => ({ ...settings, takesOver: TAKEN }));
}

/** The same bucket, seen and written through any program. */
export function through(
  metadata: Metadata,
  { bucket, writerId }: Pick<Place, "bucket" | "writerId">,
): Pick<Place, "fresh" | "put" | "blobOf"> {
  const fresh = async (text: string, change: Partial<FreshContent> = {}): Promise<FreshContent> => {
    const [storageKey = ""] = await metadata.keyReservations.reserve(writerId, 1);
    const facts = {
      size: text.length,
      etag: etagOf(text),
      digest: digestOf(text),
      partSizes: undefined,
      backends: ["amsterdam", "toronto"],
      touched: [],
      copies: 2,
    };
    const good = change.backends?.length ?? facts.backends.length;
    return {
      kind: "fresh",
      storageKey,
      ...facts,
      good,
      scope: `account:${bucket.owner.id}`,
      replaces: undefined,
      ...change,
    };
  };
  const put = async (key: string, text: string, change: Partial<NewObject> = {}): Promise<StoredObject> => {
    const content = change.content ?? (await fresh(text));
    const plain = {
      etag: etagOf(text),
      attributes: { metadata: {} },
      checksum: undefined,
      parts: undefined,
      condition: {},
    };
    return metadata.objects.put({ bucketId: bucket.id, key, ...plain, ...change, content });
  };
  const blobOf = async (key: string): Promise<Blob> => {
    const { found } = await metadata.objects.find(bucket.name, key);
    if (!found) throw new Error(`no object ${key}`);
    return found.blob;
  };
  return { fresh, put, blobOf };
}

export const everyKind: readonly JobKind[] = [
  "copy",
  "digest",
  "drop",
  "trim",
  "survey",
  "reclaim",
  "stale-uploads",
  "leftovers",
  "tally",
  "sessions",
  "scrub",
  "inventory",
];

/** Every job that is due, claimed for a minute. */
export async function claimAll({ jobs }: Metadata) {
  const claimed = [];
  for (let job = await jobs.claim(everyKind, 60_000); job; job = await jobs.claim(everyKind, 60_000)) claimed.push(job);
  return claimed;
}
