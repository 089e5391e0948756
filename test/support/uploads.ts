/** Unfinished uploads, for the tests in test/metadata. */
import type { Metadata } from "../../src/metadata/metadata.ts";
import type { Completion, Upload } from "../../src/metadata/uploads.ts";
import type { Place } from "./content.ts";

/** On two backends, with a checksum, unless told otherwise. */
export async function startUpload(
  metadata: Metadata,
  place: Place,
  key: string,
  change: Partial<Upload> = {},
): Promise<Upload> {
  const { storageKey } = await place.fresh("never read");
  const backends = ["amsterdam", "toronto"].map((backend) => ({
    backend,
    backendUploadId: `there-${backend}`,
  }));
  const plain = {
    attributes: { contentType: "video/mp4", metadata: { a: "b" } },
    checksumAlgorithm: "CRC32C",
    checksumType: "COMPOSITE",
    dedup: "account",
  } as const;
  return metadata.uploads.create({
    bucketId: place.bucket.id,
    key,
    accountId: place.bucket.owner.id,
    storageKey,
    ...plain,
    backends,
    touched: [],
    ...change,
  });
}

/** Throws when somebody else completes it, or it has ended. */
export async function beginCompletion(metadata: Metadata, { uploadId }: Upload): Promise<Completion> {
  const completion = await metadata.uploads.beginCompletion(uploadId, 60_000);
  if (completion === undefined || completion === "running") throw new Error(`cannot complete: ${completion}`);
  return completion;
}
