/** A bucket's listing, page by page, held against itself. */
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { BackendError, type ListedBlob } from "../backend.ts";
import { bareEtag } from "./faults.ts";
import { translated } from "./sdk-client.ts";

export interface ListedRange {
  readonly backend: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly after?: string | undefined;
}

/** In byte order; throws BackendError, also on a page that contradicts itself or the page before. */
export async function* listBucket(client: S3Client, range: ListedRange): AsyncGenerator<ListedBlob> {
  const { backend, bucket, prefix, after } = range;
  const corrupt = (detail: string) => new BackendError(backend, "corrupt", { detail });
  let token: string | undefined;
  let previous = after;
  // Not every character of a key may stand in XML.
  const where = { Bucket: bucket, Prefix: prefix, StartAfter: after, EncodingType: "url" } as const;
  do {
    const page = await translated(backend, "list", () =>
      client.send(new ListObjectsV2Command({ ...where, ContinuationToken: token })),
    );
    const contents = page.Contents ?? [];
    if (page.IsTruncated === undefined || (page.KeyCount !== undefined && page.KeyCount !== contents.length))
      throw corrupt("a page of a listing that is not whole");
    if (page.IsTruncated && (!page.NextContinuationToken || contents.length === 0))
      throw corrupt("a listing that stops midway");
    for (const { Key, Size, ETag, LastModified } of contents) {
      const etag = bareEtag(ETag);
      const key = page.EncodingType === "url" && Key !== undefined ? decode(Key) : Key;
      if (
        key === undefined ||
        Size === undefined ||
        etag === undefined ||
        LastModified === undefined ||
        !key.startsWith(prefix)
      )
        throw corrupt("a listing with an entry that is not whole");
      if (previous !== undefined && Buffer.compare(Buffer.from(previous), Buffer.from(key)) >= 0)
        throw corrupt("a listing that is out of order");
      previous = key;
      yield { key, size: Size, etag, modifiedAt: LastModified };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Undefined: it is not encoded. */
function decode(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
