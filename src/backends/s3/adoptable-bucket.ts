/**
 * A bucket that clients have filled: every object outside of the backend's own prefix, with what HEAD tells of it. No
 * byte of an object is read, and none is written.
 */
import { isUtf8 } from "node:buffer";
import type { SecureContext } from "node:tls";
import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ObjectAttributes, Tag } from "../../model.ts";
import type { Adoptable, DescribedObject, Obstacle, PresentObject } from "../adoptable.ts";
import { adoptedKey, adoptedPrefix, presentKey } from "../adopted-key.ts";
import { BackendError, type ListedBlob } from "../backend.ts";
import { bareEtag } from "./faults.ts";
import { listBucket } from "./listing.ts";
import type { S3BackendOptions } from "./options.ts";
import { openClient, statusOf, translated } from "./sdk-client.ts";

/** Behind every key of a prefix that S3 lists in byte order. */
const LAST = "\u{10FFFF}";
const ARCHIVES: ReadonlySet<string | undefined> = new Set(["GLACIER", "DEEP_ARCHIVE"]);
const PARTS_AT_ONCE = 8;
/** A run over millions of objects outlasts a service that is busy for a moment. */
const ATTEMPTS = 5;

export class AdoptableBucket implements Adoptable {
  readonly #options: S3BackendOptions;
  readonly #client: S3Client;

  constructor(options: S3BackendOptions, secureContext?: SecureContext) {
    this.#options = options;
    this.#client = openClient(options, secureContext, ATTEMPTS);
  }

  async *list(prefix: string, after?: string): AsyncGenerator<PresentObject> {
    const { name: backend, bucket, prefix: own = "" } = this.#options;
    if (own === "" || prefix.startsWith(own)) return;
    for (let from = after; ; from = own + LAST) {
      let isOwn = false;
      for await (const object of listBucket(this.#client, { backend, bucket, prefix, after: from })) {
        isOwn = object.key.startsWith(own);
        if (isOwn) break;
        yield object;
      }
      if (!isOwn) return;
    }
  }

  /** As the storage keys that they have, or would have, in byte order after `after`. */
  async *listKeys(after?: string): AsyncGenerator<ListedBlob> {
    const { name } = this.#options;
    const own = adoptedPrefix(name);
    if (after !== undefined && after > own && !after.startsWith(own)) return;
    for await (const object of this.list("", after && presentKey(name, after))) {
      const key = adoptedKey(name, object.key);
      if (key !== undefined) yield { ...object, key };
    }
  }

  async describe(listed: PresentObject): Promise<DescribedObject | Obstacle> {
    const { key, size, etag } = listed;
    const head = await this.#head({ Key: key });
    if (typeof head === "string") return head;
    if (head.ContentLength !== size || bareEtag(head.ETag) !== etag) return "changed";
    const parts = /^[0-9a-f]{32}(?:-([1-9]\d{0,4}))?$/.exec(etag);
    if (ARCHIVES.has(head.StorageClass) || head.ArchiveStatus !== undefined) return "archived";
    if (head.SSECustomerAlgorithm !== undefined || head.ServerSideEncryption?.startsWith("aws:kms")) return "encrypted";
    if (parts === null) return "unproven";
    const partSizes = parts[1] === undefined ? undefined : await this.#partSizes(listed, Number(parts[1]));
    if (typeof partSizes === "string") return partSizes;
    const tags = await this.#tags(key, head.TagCount);
    if (typeof tags === "string") return tags;
    return { ...listed, attributes: attributesOf(head, tags), partSizes };
  }

  close(): void {
    this.#client.destroy();
  }

  /** Asked for one by one: sizes that are only almost right would make every copy look damaged. */
  async #partSizes({ key, size, etag }: PresentObject, count: number): Promise<readonly number[] | Obstacle> {
    const sizes: number[] = [];
    for (let first = 1; first <= count; first += PARTS_AT_ONCE) {
      const numbers = Array.from({ length: Math.min(PARTS_AT_ONCE, count + 1 - first) }, (_, index) => first + index);
      const heads = await Promise.all(numbers.map((PartNumber) => this.#head({ Key: key, PartNumber })));
      for (const head of heads) {
        if (typeof head === "string") return head;
        if (bareEtag(head.ETag) !== etag) return "changed";
        sizes.push(head.ContentLength ?? Number.NaN);
      }
    }
    return sizes.reduce((sum, one) => sum + one, 0) === size ? sizes : "parts";
  }

  /** Where nobody tells how many there are, the key may not read them. */
  async #tags(key: string, count = 0): Promise<readonly Tag[] | Obstacle> {
    if (count === 0) return [];
    const answer = await this.#asked("GET of tags", () =>
      this.#client.send(new GetObjectTaggingCommand({ Bucket: this.#options.bucket, Key: key })),
    );
    if (typeof answer === "string") return answer;
    return (answer.TagSet ?? []).map(({ Key = "", Value = "" }) => ({ key: Key, value: Value }));
  }

  #head(input: Omit<HeadObjectCommandInput, "Bucket">): Promise<HeadObjectCommandOutput | Obstacle> {
    return this.#asked("HEAD", () =>
      this.#client.send(new HeadObjectCommand({ Bucket: this.#options.bucket, ...input })),
    );
  }

  async #asked<T>(what: string, call: () => Promise<T>): Promise<T | Obstacle> {
    try {
      return await translated(this.#options.name, what, call);
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      const status = statusOf(error.cause);
      // The answer to a HEAD has no words. 400 is the one for an object whose key the request must bring.
      if (status === 404) return "gone";
      if (status === 400) return "encrypted";
      if (status === undefined || status >= 500 || status === 429 || status === 408) throw error;
      return "unreadable";
    }
  }
}

function attributesOf(head: HeadObjectCommandOutput, tags: readonly Tag[]): ObjectAttributes {
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
