/** The calls of an S3 backend that are not hot, by AWS's own client: uploads in parts, listings, making the bucket. */
import type { SecureContext } from "node:tls";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { BackendError, type ListedBlob } from "../backend.ts";
import { bucketPlace, DEFAULT_SIGNING_REGION, openS3Client } from "./client.ts";
import { bareEtag, verdictOf } from "./faults.ts";
import type { S3BackendOptions } from "./options.ts";

const ATTEMPTS = 2;

/** Keys are given and taken without the backend's prefix. Every method throws BackendError. */
export class SdkCalls {
  readonly #client: S3Client;
  readonly #backend: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #region: string;

  constructor(options: S3BackendOptions, secureContext?: SecureContext) {
    this.#backend = options.name;
    this.#bucket = options.bucket;
    this.#prefix = options.prefix ?? "";
    this.#region = options.signingRegion ?? DEFAULT_SIGNING_REGION;
    const timeouts = {
      connectionTimeout: options.connectTimeoutMs ?? 2000,
      requestTimeout: options.responseTimeoutMs ?? 30_000,
    };
    this.#client = openS3Client(options, { maxAttempts: ATTEMPTS, ...timeouts }, secureContext);
  }

  async createUpload(key: string): Promise<string> {
    const { UploadId } = await this.#translated("create upload", () =>
      this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: this.#prefix + key })),
    );
    if (!UploadId) throw this.#corrupt("an upload without an id");
    return UploadId;
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ etag: string }> {
    const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: `"${etag}"` }));
    const { ETag } = await this.#translated("complete upload", () =>
      this.#client.send(
        new CompleteMultipartUploadCommand({
          Bucket: this.#bucket,
          Key: this.#prefix + key,
          UploadId: uploadId,
          MultipartUpload: { Parts },
        }),
      ),
    );
    const etag = bareEtag(ETag);
    if (etag === undefined) throw this.#corrupt("a completed upload without an ETag");
    return { etag };
  }

  /** False: an upload, or all of them, were not there. */
  async abortUpload(key: string, uploadId: string | undefined): Promise<boolean> {
    const ids = uploadId === undefined ? await this.#uploadsOf(key) : [uploadId];
    let wereThere = ids.length > 0;
    for (const UploadId of ids)
      try {
        await this.#translated("abort upload", () =>
          this.#client.send(
            new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: this.#prefix + key, UploadId }),
          ),
        );
      } catch (error) {
        if (!(error instanceof BackendError) || error.fault !== "absent") throw error;
        wereThere = false;
      }
    return wereThere;
  }

  /** In byte order; throws on a page that contradicts itself or the page before. */
  async *list(prefix: string, after?: string): AsyncGenerator<ListedBlob> {
    let token: string | undefined;
    let previous = after === undefined ? undefined : this.#prefix + after;
    const where = { Bucket: this.#bucket, Prefix: this.#prefix + prefix, StartAfter: previous };
    do {
      const page = await this.#translated("list", () =>
        this.#client.send(new ListObjectsV2Command({ ...where, ContinuationToken: token })),
      );
      const contents = page.Contents ?? [];
      if (page.IsTruncated === undefined || (page.KeyCount !== undefined && page.KeyCount !== contents.length))
        throw this.#corrupt("a page of a listing that is not whole");
      if (page.IsTruncated && (!page.NextContinuationToken || contents.length === 0))
        throw this.#corrupt("a listing that stops midway");
      for (const { Key, Size, ETag, LastModified } of contents) {
        const etag = bareEtag(ETag);
        if (
          Key === undefined ||
          Size === undefined ||
          etag === undefined ||
          LastModified === undefined ||
          !Key.startsWith(this.#prefix + prefix)
        )
          throw this.#corrupt("a listing with an entry that is not whole");
        if (previous !== undefined && Buffer.compare(Buffer.from(previous), Buffer.from(Key)) >= 0)
          throw this.#corrupt("a listing that is out of order");
        previous = Key;
        yield { key: Key.slice(this.#prefix.length), size: Size, etag, modifiedAt: LastModified };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Succeeds too when the bucket is already this owner's. */
  async createBucket(): Promise<void> {
    const place = bucketPlace(this.#region);
    try {
      await this.#translated("create bucket", () =>
        this.#client.send(new CreateBucketCommand({ Bucket: this.#bucket, ...place })),
      );
    } catch (error) {
      if (
        !(
          error instanceof BackendError &&
          error.cause instanceof Error &&
          error.cause.name === "BucketAlreadyOwnedByYou"
        )
      )
        throw error;
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #uploadsOf(key: string): Promise<string[]> {
    const ids: string[] = [];
    let marker: { readonly KeyMarker: string | undefined; readonly UploadIdMarker: string | undefined } | undefined;
    do {
      const page = await this.#translated("list uploads", () =>
        this.#client.send(
          new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: this.#prefix + key, ...marker }),
        ),
      );
      for (const { Key, UploadId } of page.Uploads ?? [])
        if (Key === this.#prefix + key && UploadId) ids.push(UploadId);
      if (page.IsTruncated && !page.NextKeyMarker) throw this.#corrupt("a listing of uploads that stops midway");
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    } while (marker !== undefined);
    return ids;
  }

  async #translated<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw this.#translate(what, error);
    }
  }

  /**
   * The client's own errors carry the service's code as name and the status in `$metadata`; without a status there was
   * no answer.
   */
  #translate(what: string, error: unknown): BackendError {
    const name = error instanceof Error ? error.name : undefined;
    const status = statusOf(error);
    const { fault, isSuspicion } = verdictOf(status === undefined || status < 300 ? 500 : status, name);
    return new BackendError(this.#backend, fault, {
      cause: error,
      isSuspicion,
      detail: `${what}: ${status ?? ""} ${error instanceof Error ? error.message : ""}`.trimEnd(),
    });
  }

  #corrupt(detail: string): BackendError {
    return new BackendError(this.#backend, "corrupt", { detail });
  }
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
