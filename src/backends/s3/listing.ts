/** A bucket's listing, page by page, held against itself. */
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { BackendError, type ListedBlob } from "../backend.ts";
import { bareEtag } from "./faults.ts";
import { translated } from "./sdk-client.ts";

/** The order of keys in a listing, which is not that of UTF-16. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

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
      if (previous !== undefined && compareBytes(previous, key) >= 0) throw corrupt("a listing that is out of order");
      previous = key;
      yield { key, size: Size, etag, modifiedAt: LastModified };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Behind every key of a prefix that S3 lists in byte order. */
export const LAST = "\u{10FFFF}";

/** The same without the keys that begin with `hidden`, which are skipped unread. */
export async function* listAround(client: S3Client, range: ListedRange, hidden: string): AsyncGenerator<ListedBlob> {
  const past = hidden + LAST;
  let { after } = range;
  while (!range.prefix.startsWith(hidden)) {
    let isSkipped = false;
    for await (const object of listBucket(client, { ...range, after })) {
      const isHidden = object.key.startsWith(hidden);
      isSkipped = isHidden && compareBytes(object.key, past) < 0;
      if (isSkipped) break;
      if (!isHidden) yield object;
    }
    if (!isSkipped) return;
    after = past;
  }
}

/** As `EncodingType: "url"` has it. Undefined: it is not encoded. */
export function decode(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
