/**
 * A bucket of any S3 service as the place where objects of a bucket of the gateway still stand. Only reads are sent
 * there. Bytes count only whole, under the ETag that was found.
 */
import type { Readable } from "node:stream";
import type { SecureContext } from "node:tls";
import type { ByteRange } from "../../model.ts";
import { encodePath } from "../../signature-v4.ts";
import { BackendError } from "../backend.ts";
import type { OldListing, OldObject, OldPage, OldPlace, Unreadable } from "../old-place.ts";
import { addressOf, type S3Address } from "./address.ts";
import { S3Body } from "./body.ts";
import { readSecureContext, type S3ServiceOptions, withHeaders } from "./client.ts";
import { extentOf } from "./extent.ts";
import { bareEtag, parseErrorDocument } from "./faults.ts";
import { type AskedBucket, attributesOf, headOf, isArchived, partSizesOf, tagsOf } from "./object-heads.ts";
import { listOldPage } from "./old-listing.ts";
import type { S3BackendOptions } from "./options.ts";
import { openClient, signingRegionOf } from "./sdk-client.ts";
import { S3Transport } from "./transport.ts";

export interface OldBucketOptions
  extends S3ServiceOptions,
    Pick<S3BackendOptions, "connectTimeoutMs" | "responseTimeoutMs"> {
  /** Of the service, for errors. */
  readonly name: string;
  readonly bucket: string;
  /** Keys that begin so are none of the bucket's: a backend's own blobs. */
  readonly hidden?: string | undefined;
  /** Of each request: says to the service who asks. */
  readonly headers?: (() => Readonly<Record<string, string>>) | undefined;
}

/** How long it is believed that the bucket is there: a client that asks for many missing keys pays once. */
const BUCKET_SEEN_MS = 10_000;

/** What a service says of keys that none of its objects can have. The first two: MinIO. */
const NO_NAMES: ReadonlySet<string> = new Set([
  "XMinioInvalidObjectName",
  "XMinioInvalidResourceName",
  "KeyTooLongError",
  "InvalidURI",
]);

/** Opens without asking the service anything. Throws on files that cannot be used. */
export async function openOldBucket(options: OldBucketOptions): Promise<OldPlace> {
  return new OldBucket(options, await readSecureContext(options));
}

class OldBucket implements OldPlace {
  readonly #asked: AskedBucket;
  readonly #headers: () => readonly string[];
  readonly #hidden: string | undefined;
  readonly #address: S3Address;
  readonly #transport: S3Transport;
  #bucketSeenUntil = 0;

  constructor(options: OldBucketOptions, secureContext: SecureContext | undefined) {
    const { name, bucket, endpoint, accessKeyId, secretAccessKey, forcePathStyle = true } = options;
    const { hidden, headers = (): Record<string, string> => ({}) } = options;
    this.#headers = () => Object.entries(headers()).flat();
    this.#asked = { client: withHeaders(openClient(options, secureContext), headers), name, bucket };
    this.#hidden = hidden === "" ? undefined : hidden;
    this.#address = addressOf(endpoint, bucket, "", forcePathStyle);
    this.#transport = new S3Transport({
      ...{ backend: name, address: this.#address, secureContext },
      ...{ accessKeyId, secretAccessKey, signingRegion: signingRegionOf(options) },
      connectTimeoutMs: options.connectTimeoutMs ?? 2000,
      responseTimeoutMs: options.responseTimeoutMs ?? 30_000,
    });
  }

  async find(key: string): Promise<OldObject | Unreadable | undefined> {
    if (this.#isHidden(key)) return undefined;
    const head = await headOf(this.#asked, { Key: key });
    if (head === "gone") return this.#missing();
    // AWS answers 403 about a missing key too, to an access key that may not list the bucket. Nobody can tell the two
    // apart, and an object that is there must not look deleted.
    if (head === "unreadable") return "refused";
    if (head === "encrypted") return this.#badRequest(key);
    if (head.SSECustomerAlgorithm !== undefined) return "encrypted";
    if (isArchived(head) && !/ongoing-request="false"/.test(head.Restore ?? "")) return "archived";
    const { ContentLength: size, LastModified: modifiedAt } = head;
    const etag = bareEtag(head.ETag);
    if (size === undefined || etag === undefined || modifiedAt === undefined)
      throw this.#transport.corrupt(`HEAD ${key}: no size, ETag or time`);
    const tags = await tagsOf(this.#asked, key, head.TagCount);
    if (tags === "gone") return this.#missing();
    if (typeof tags === "string") return "refused";
    return { key, size, etag, modifiedAt, attributes: attributesOf(head, tags) };
  }

  async partSizes(object: OldObject): Promise<readonly number[] | undefined> {
    const sizes = await partSizesOf(this.#asked, object);
    return typeof sizes === "string" ? undefined : sizes;
  }

  async open({ key, size, etag }: OldObject, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable> {
    const path = this.#path(key);
    const part = range === undefined ? [] : ["Range", `bytes=${range.first}-${range.last}`];
    const headers = [...this.#headers(), "If-Match", `"${etag}"`, ...part];
    const response = await this.#transport.ask({ method: "GET", path, query: "", headers }, signal);
    const { statusCode: status = 0 } = response;
    if (status !== 200 && status !== 206) {
      // A 404 that names no key may mean the bucket: that is no deletion.
      const failure = await this.#transport.failure(response, `GET ${key}`);
      throw status === 412 ? this.#overwritten(key, failure) : failure;
    }
    const extent = extentOf(response, range);
    const isSame = bareEtag(response.headers.etag) === etag;
    if (typeof extent !== "string" && isSame && extent.size === size)
      return new S3Body(this.#transport, response, extent.length, signal);
    response.destroy();
    // There are services that know no conditions.
    if (!isSame) throw this.#overwritten(key);
    throw this.#transport.corrupt(`GET ${key}: ${typeof extent === "string" ? extent : `${extent.size} bytes`}`);
  }

  list(page: OldPage): Promise<OldListing> {
    return listOldPage(this.#asked, page, this.#hidden);
  }

  async close(): Promise<void> {
    this.#asked.client.destroy();
    this.#transport.close();
  }

  /** A HEAD has no words for what is bad about it: a GET has. */
  async #badRequest(key: string): Promise<"encrypted" | undefined> {
    const headers = [...this.#headers(), "Range", "bytes=0-0"];
    const response = await this.#transport.ask({ method: "GET", path: this.#path(key), query: "", headers });
    const text = await this.#transport.readShort(response);
    const code = parseErrorDocument(text)?.code;
    if (code === "InvalidRequest") return "encrypted";
    if (code !== undefined && NO_NAMES.has(code)) return undefined;
    throw this.#transport.errorOf(response.statusCode ?? 0, text, `GET ${key}`);
  }

  #path(key: string): string {
    return this.#address.keyBase + encodePath(key);
  }

  #isHidden(key: string): boolean {
    return this.#hidden !== undefined && key.startsWith(this.#hidden);
  }

  #overwritten(key: string, cause?: unknown): BackendError {
    return new BackendError(this.#asked.name, "absent", { cause, detail: `GET ${key}: it was overwritten` });
  }

  /** The 404 of a HEAD may as well mean the bucket, whose objects must not all look deleted. */
  async #missing(): Promise<undefined> {
    if (Date.now() < this.#bucketSeenUntil) return;
    const call = { method: "HEAD", path: this.#address.bucketPath, query: "", headers: this.#headers() } as const;
    const response = await this.#transport.ask(call);
    response.resume();
    const { statusCode: status = 0 } = response;
    // 403: it is there, though not for this key to look at.
    if (status !== 200 && status !== 403) throw this.#transport.errorOf(status, "", "HEAD of the bucket");
    this.#bucketSeenUntil = Date.now() + BUCKET_SEEN_MS;
  }
}
