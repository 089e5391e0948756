/** The calls of an S3 backend that are not hot, by AWS's own client: uploads in parts, listings, making the bucket. */
import type { SecureContext } from "node:tls";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { presentKey } from "../adopted-key.ts";
import { BackendError, type ListedBlob } from "../backend.ts";
import { bucketPlace } from "./client.ts";
import { bareEtag } from "./faults.ts";
import { listBucket } from "./listing.ts";
import type { S3BackendOptions } from "./options.ts";
import { openClient, signingRegionOf, translated } from "./sdk-client.ts";

/** Keys are given and taken as storage keys. Every method throws BackendError. */
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
    this.#region = signingRegionOf(options);
    this.#client = openClient(options, secureContext);
  }

  async createUpload(key: string): Promise<string> {
    const { UploadId } = await this.#translated("create upload", () =>
      this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: this.#keyOf(key) })),
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
          Key: this.#keyOf(key),
          UploadId: uploadId,
          MultipartUpload: { Parts },
          ...(presentKey(this.#backend, key) !== undefined && { IfNoneMatch: "*" }),
        }),
      ),
    );
    const etag = bareEtag(ETag);
    if (etag === undefined) throw this.#corrupt("a completed upload without an ETag");
    return { etag };
  }

  /** False: an upload, or all of them, were not there. */
  async abortUpload(key: string, uploadId: string | undefined): Promise<boolean> {
    // Unfinished uploads under a key that clients gave may be theirs.
    const isPresent = presentKey(this.#backend, key) !== undefined;
    const ids = uploadId !== undefined ? [uploadId] : isPresent ? [] : await this.#uploadsOf(key);
    let wereThere = ids.length > 0;
    for (const UploadId of ids)
      try {
        await this.#translated("abort upload", () =>
          this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: this.#keyOf(key), UploadId })),
        );
      } catch (error) {
        if (!(error instanceof BackendError) || error.fault !== "absent") throw error;
        wereThere = false;
      }
    return wereThere;
  }

  /** In byte order; throws on a page that contradicts itself or the page before. */
  async *list(prefix: string, after?: string): AsyncGenerator<ListedBlob> {
    const range = { backend: this.#backend, bucket: this.#bucket, prefix: this.#prefix + prefix };
    const start = after === undefined ? undefined : this.#prefix + after;
    for await (const entry of listBucket(this.#client, { ...range, after: start }))
      yield { ...entry, key: entry.key.slice(this.#prefix.length) };
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
          new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: this.#keyOf(key), ...marker }),
        ),
      );
      for (const { Key, UploadId } of page.Uploads ?? []) if (Key === this.#keyOf(key) && UploadId) ids.push(UploadId);
      if (page.IsTruncated && !page.NextKeyMarker) throw this.#corrupt("a listing of uploads that stops midway");
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    } while (marker !== undefined);
    return ids;
  }

  #translated<T>(what: string, call: () => Promise<T>): Promise<T> {
    return translated(this.#backend, what, call);
  }

  /** As the service knows it. */
  #keyOf(key: string): string {
    return presentKey(this.#backend, key) ?? this.#prefix + key;
  }

  #corrupt(detail: string): BackendError {
    return new BackendError(this.#backend, "corrupt", { detail });
  }
}
