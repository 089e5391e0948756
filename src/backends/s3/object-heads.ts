/** What a bucket that others have filled tells of one object. No byte of it is read. */
import { isUtf8 } from "node:buffer";
import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ObjectAttributes, Tag } from "../../model.ts";
import { BackendError } from "../backend.ts";
import { bareEtag } from "./faults.ts";
import { statusOf, translated } from "./sdk-client.ts";

export interface AskedBucket {
  readonly client: S3Client;
  /** The backend's, for errors. */
  readonly name: string;
  readonly bucket: string;
}

/** Why the service tells nothing. encrypted: the request must bring the key. */
type Silence = "gone" | "encrypted" | "unreadable";

const ARCHIVES: ReadonlySet<string | undefined> = new Set(["GLACIER", "DEEP_ARCHIVE"]);
const PARTS_AT_ONCE = 8;

/** Throws BackendError when the service does not answer; so do the others. */
export function headOf(
  { client, name, bucket }: AskedBucket,
  input: Omit<HeadObjectCommandInput, "Bucket">,
): Promise<HeadObjectCommandOutput | Silence> {
  return asked(name, "HEAD", () => client.send(new HeadObjectCommand({ Bucket: bucket, ...input })));
}

/** Where nobody tells how many there are, the key may not read them. */
export async function tagsOf(
  { client, name, bucket }: AskedBucket,
  key: string,
  count = 0,
): Promise<readonly Tag[] | Silence> {
  if (count === 0) return [];
  const answer = await asked(name, "GET of tags", () =>
    client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key })),
  );
  if (typeof answer === "string") return answer;
  return (answer.TagSet ?? []).map(({ Key = "", Value = "" }) => ({ key: Key, value: Value }));
}

/** An ETag of an md5 or of md5s: of how many parts, 0 for one PUT; undefined: it is made of something else. */
function partCountOf(etag: string): number | undefined {
  const parts = /^[0-9a-f]{32}(?:-([1-9]\d{0,4}))?$/.exec(etag);
  return parts === null ? undefined : Number(parts[1] ?? 0);
}

/**
 * Asked for one by one: sizes that are only almost right would make every copy look damaged. Undefined: it was one PUT.
 * unproven: its ETag counts no parts.
 */
export async function partSizesOf(
  asked: AskedBucket,
  { key, size, etag }: { readonly key: string; readonly size: number; readonly etag: string },
): Promise<readonly number[] | undefined | Silence | "changed" | "parts" | "unproven"> {
  const count = partCountOf(etag);
  if (count === undefined) return "unproven";
  if (count === 0) return undefined;
  const sizes: number[] = [];
  for (let first = 1; first <= count; first += PARTS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(PARTS_AT_ONCE, count + 1 - first) }, (_, index) => first + index);
    const heads = await Promise.all(numbers.map((PartNumber) => headOf(asked, { Key: key, PartNumber })));
    for (const head of heads) {
      // The object itself can be asked about: it has no part of this number, or the service tells of none.
      if (typeof head === "string") return head === "gone" ? head : "parts";
      if (bareEtag(head.ETag) !== etag) return "changed";
      sizes.push(head.ContentLength ?? Number.NaN);
    }
  }
  return sizes.reduce((sum, one) => sum + one, 0) === size ? sizes : "parts";
}

/** Its class, or its tier, needs a restore before it can be read; one that was restored is archived too. */
export function isArchived({ StorageClass, ArchiveStatus }: HeadObjectCommandOutput): boolean {
  return ARCHIVES.has(StorageClass) || ArchiveStatus !== undefined;
}

export function attributesOf(head: HeadObjectCommandOutput, tags: readonly Tag[]): ObjectAttributes {
  const { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, ExpiresString } = head;
  const { WebsiteRedirectLocation, StorageClass, Metadata = {} } = head;
  const optional = {
    ...{ contentType: ContentType, contentEncoding: ContentEncoding, contentDisposition: ContentDisposition },
    ...{ contentLanguage: ContentLanguage, cacheControl: CacheControl, expires: ExpiresString },
    ...{ websiteRedirectLocation: WebsiteRedirectLocation },
    storageClass: StorageClass === "STANDARD" ? undefined : StorageClass,
  };
  const given = Object.entries(optional).flatMap(([name, value]) => (value ? [[name, utf8(value)]] : []));
  return {
    ...Object.fromEntries(given),
    metadata: Object.fromEntries(Object.entries(Metadata).map(([name, value]) => [name, utf8(value)])),
    ...(tags.length > 0 && { tags: tags.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))) }),
  };
}

/** node reads header bytes as latin1; clients write UTF-8. */
function utf8(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  return isUtf8(bytes) ? bytes.toString() : text;
}

async function asked<T>(name: string, what: string, call: () => Promise<T>): Promise<T | Silence> {
  try {
    return await translated(name, what, call);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    const status = statusOf(error.cause);
    // The answer to a HEAD has no words. 400 is the one for an object whose key the request must bring.
    if (status === 404) return "gone";
    if (status === 400) return "encrypted";
    // Below 400: its bucket is somewhere else.
    if (status === undefined || status < 400 || status >= 500 || error.fault === "unavailable") throw error;
    return "unreadable";
  }
}
