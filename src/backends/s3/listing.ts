/**
 * A bucket's listing, page by page, held against itself.
 *
 * A token stands for no more than the last key of its page. MinIO forgets what its tokens mean when it is restarted,
 * and takes them for a start after that key: what it tells then has gaps where that is in a folder (steps.ts). So a
 * token is followed only where it is in none, and all else is asked for in steps.
 */
import { ListObjectsV2Command, type ListObjectsV2CommandInput, type S3Client } from "@aws-sdk/client-s3";
import { BackendError, type ListedBlob } from "../backend.ts";
import { bareEtag } from "./faults.ts";
import { translated } from "./sdk-client.ts";
import { compareBytes, FOLDER, LAST, LEAST, type Step, stepsOf } from "./steps.ts";

export interface ListedRange {
  readonly backend: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly after?: string | undefined;
}

interface Page {
  readonly entries: readonly ListedBlob[];
  /** Of the next page. */
  readonly token: string | undefined;
}

/**
 * In byte order; throws BackendError, also on a page that contradicts itself or the page before. Where it begins among
 * keys that start with `hidden`, these are skipped.
 */
export async function* listBucket(client: S3Client, range: ListedRange, hidden?: string): AsyncGenerator<ListedBlob> {
  let previous = range.after;
  for (let isTruncated = true; isTruncated; ) {
    isTruncated = false;
    for (const step of stepsOf(range, previous, hidden)) {
      for await (const { entries, token } of pagesOf(client, range, step)) {
        for (const entry of entries) {
          if (previous !== undefined && compareBytes(previous, entry.key) >= 0)
            throw corrupt(range, "a listing that is out of order");
          previous = entry.key;
          yield entry;
        }
        isTruncated = token !== undefined;
      }
      if (isTruncated) break;
    }
  }
}

/** Up to the end, or to a page that ends in a folder. */
async function* pagesOf(client: S3Client, range: ListedRange, step: Step): AsyncGenerator<Page> {
  const { prefix, after, isIncluded } = step;
  const among = isIncluded && after !== undefined ? { Prefix: after, MaxKeys: LEAST } : undefined;
  const { entries = [] } = among === undefined ? {} : await readPage(client, range, among);
  let page = await readPage(client, range, { Prefix: prefix, StartAfter: after });
  yield { ...page, entries: [...entries.filter(({ key }) => key === after), ...page.entries] };
  while (page.token !== undefined && page.entries.at(-1)?.key.includes(FOLDER, prefix.length) === false) {
    page = await readPage(client, range, { Prefix: prefix, StartAfter: after, ContinuationToken: page.token });
    yield page;
  }
}

async function readPage(
  client: S3Client,
  range: ListedRange,
  asked: Omit<ListObjectsV2CommandInput, "Bucket"> & { readonly Prefix: string },
): Promise<Page> {
  // Not every character of a key may stand in XML.
  const where = { Bucket: range.bucket, EncodingType: "url", ...asked } as const;
  const page = await translated(range.backend, "list", () => client.send(new ListObjectsV2Command(where)));
  const contents = page.Contents ?? [];
  if (page.IsTruncated === undefined || (page.KeyCount !== undefined && page.KeyCount !== contents.length))
    throw corrupt(range, "a page of a listing that is not whole");
  if (page.IsTruncated && (!page.NextContinuationToken || contents.length === 0))
    throw corrupt(range, "a listing that stops midway");
  const entries = contents.map(({ Key, Size: size, ETag, LastModified: modifiedAt }) => {
    const etag = bareEtag(ETag);
    const key = page.EncodingType === "url" && Key !== undefined ? decode(Key) : Key;
    const isIn = key?.startsWith(asked.Prefix) === true;
    if (!isIn || size === undefined || etag === undefined || modifiedAt === undefined)
      throw corrupt(range, "a listing with an entry that is not whole");
    return { key, size, etag, modifiedAt };
  });
  return { entries, token: page.IsTruncated ? page.NextContinuationToken : undefined };
}

function corrupt({ backend }: ListedRange, detail: string): BackendError {
  return new BackendError(backend, "corrupt", { detail });
}

/** The same without the keys that begin with `hidden`, which are skipped unread. */
export async function* listAround(client: S3Client, range: ListedRange, hidden: string): AsyncGenerator<ListedBlob> {
  const past = hidden + LAST;
  let { after } = range;
  while (!range.prefix.startsWith(hidden)) {
    let isSkipped = false;
    for await (const object of listBucket(client, { ...range, after }, hidden)) {
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
