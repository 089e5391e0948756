/**
 * Any S3 service as a store. Hot calls (write, open, stat, delete) are signed by hand on kept-alive connections, the
 * others go through AWS's client. Nothing is believed untested: a 404 counts only when the service names the key, a 200
 * only without `<Error>` and with an ETag, a body only at its full length.
 */
import type { SecureContext } from "node:tls";
import type { ByteRange } from "../../model.ts";
import type { RedirectAbilities } from "../../registration.ts";
import { canonicalQuery } from "../../signature-v4.ts";
import { ADOPTED, adoptedPrefix, presentKey } from "../adopted-key.ts";
import {
  type Backend,
  BackendError,
  type BackendStat,
  type BackendTraits,
  type ListedBlob,
  type OpenedBlob,
  type ReadBytes,
  type SignedUrlOptions,
  type Sink,
} from "../backend.ts";
import type { Space } from "../space.ts";
import type { StopSignal } from "../stop-signal.ts";
import { addressOf, pathOf, type S3Address } from "./address.ts";
import { AdoptableBucket } from "./adoptable-bucket.ts";
import { S3Body } from "./body.ts";
import { readSecureContext } from "./client.ts";
import { extentOf, lengthOf } from "./extent.ts";
import { bareEtag, parseErrorDocument } from "./faults.ts";
import { IdentityObject } from "./identity-object.ts";
import type { S3BackendOptions } from "./options.ts";
import { Redirects } from "./redirects.ts";
import { SdkCalls } from "./sdk-calls.ts";
import { S3Sink } from "./sink.ts";
import { S3Transport } from "./transport.ts";

/** Opens without asking the store anything. */
export async function openS3Backend(options: S3BackendOptions): Promise<S3Backend> {
  return new S3Backend(options, await readSecureContext(options));
}

export class S3Backend implements Backend {
  readonly name: string;
  readonly region: string;
  readonly capacity: number;
  readonly sizeBytes: number | undefined;
  readonly traits: BackendTraits;
  readonly adoptable: AdoptableBucket | undefined;
  readonly #address: S3Address;
  readonly #transport: S3Transport;
  readonly #slow: SdkCalls;
  readonly #redirects: Redirects | undefined;
  readonly #identity: IdentityObject;

  /** `secureContext`: for an https endpoint, whom to trust and what to show; node's own unless told. */
  constructor(options: S3BackendOptions, secureContext?: SecureContext) {
    const {
      name,
      bucket,
      prefix = "",
      forcePathStyle = true,
      publicEndpoint,
      honoursEmbeddedHeaders = false,
    } = options;
    const keys = {
      accessKeyId: options.accessKeyId,
      secretAccessKey: options.secretAccessKey,
      signingRegion: options.signingRegion ?? "us-east-1",
    };
    this.name = name;
    this.region = options.region;
    this.capacity = options.capacity ?? 1;
    this.sizeBytes = options.sizeBytes;
    this.traits = { publicEndpoint, replayedHeaders: options.replayedHeaders, honoursEmbeddedHeaders };
    this.#address = addressOf(options.endpoint, bucket, prefix, forcePathStyle);
    this.#transport = new S3Transport({
      ...keys,
      backend: name,
      address: this.#address,
      secureContext,
      connectTimeoutMs: options.connectTimeoutMs ?? 2000,
      responseTimeoutMs: options.responseTimeoutMs ?? 30_000,
    });
    this.#slow = new SdkCalls(options, secureContext);
    this.adoptable = options.adopts === true ? new AdoptableBucket(options, secureContext) : undefined;
    this.#redirects = publicEndpoint === undefined ? undefined : new Redirects(options, publicEndpoint, secureContext);
    this.#identity = new IdentityObject({
      transport: this.#transport,
      keyBase: this.#address.keyBase,
      createBucket: options.createBucket === true ? () => this.#slow.createBucket() : undefined,
      asksReadiness: honoursEmbeddedHeaders && forcePathStyle,
    });
  }

  write(key: string, size: number): Sink {
    // What clients wrote since under a key of theirs is never replaced.
    const condition = presentKey(this.name, key) === undefined ? [] : ["If-None-Match", "*"];
    return new S3Sink(this.#transport, { path: this.#path(key), query: "" }, size, condition);
  }

  async open(key: string, range?: ByteRange, signal?: StopSignal): Promise<OpenedBlob> {
    const { response, length, size, etag } = await this.#get(key, range, signal);
    return { body: new S3Body(this.#transport, response, length, signal), size, etag };
  }

  async read(key: string, length: number, range?: ByteRange, signal?: StopSignal): Promise<ReadBytes> {
    const found = await this.#get(key, range, signal);
    if (found.length !== length) {
      found.response.destroy();
      throw this.#transport.corrupt(`GET ${key}: ${found.length} bytes, expected ${length}`);
    }
    const bytes = await this.#transport.readBytes(found.response, length, signal);
    if (bytes.length !== length) throw this.#transport.corrupt(`GET ${key}: ${bytes.length} bytes of ${length}`);
    return { bytes, size: found.size, etag: found.etag };
  }

  async stat(key: string): Promise<BackendStat> {
    const response = await this.#transport.ask({ method: "HEAD", path: this.#path(key), query: "", headers: [] });
    response.resume();
    if (response.statusCode === 404) throw await this.#missing(key, false);
    if (response.statusCode !== 200) throw this.#transport.errorOf(response.statusCode ?? 0, "", `HEAD ${key}`);
    const size = lengthOf(response);
    const etag = bareEtag(response.headers.etag);
    if (size === undefined || etag === undefined)
      throw this.#transport.corrupt(`HEAD ${key}: no ${size === undefined ? "Content-Length" : "ETag"}`);
    return { size, etag };
  }

  async delete(key: string): Promise<void> {
    const response = await this.#transport.ask({ method: "DELETE", path: this.#path(key), query: "", headers: [] });
    if (response.statusCode === 204 || response.statusCode === 200) {
      const text = await this.#transport.readShort(response);
      if (parseErrorDocument(text) !== undefined)
        throw this.#transport.errorOf(500, text, `DELETE ${key} answered 200 with an error`);
    } else {
      const failure = await this.#transport.failure(response, `DELETE ${key}`);
      if (failure.fault !== "absent") throw failure;
    }
    // The answer about a key that was never there is the same, and any store gives it.
    await this.#checkInPlace();
  }

  createUpload(key: string): Promise<string> {
    return this.#slow.createUpload(key);
  }

  writePart(key: string, uploadId: string, partNumber: number, size: number): Sink {
    const query = canonicalQuery([
      ["partNumber", String(partNumber)],
      ["uploadId", uploadId],
    ]);
    return new S3Sink(this.#transport, { path: this.#path(key), query }, size);
  }

  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ etag: string }> {
    return this.#slow.completeUpload(key, uploadId, parts);
  }

  async abortUpload(key: string, uploadId?: string): Promise<void> {
    if (!(await this.#slow.abortUpload(key, uploadId))) await this.#checkInPlace();
  }

  signedUrl(key: string, options: SignedUrlOptions): string | undefined {
    return this.#redirects?.sign(key, options);
  }

  list(prefix: string, after?: string): AsyncIterable<ListedBlob> {
    if (prefix === ADOPTED && this.adoptable !== undefined) return this.#listAdopted(this.adoptable, after);
    return this.#slow.list(prefix, after);
  }

  identity(signal: AbortSignal): Promise<string | undefined> {
    return this.#identity.read(signal);
  }

  async isEmpty(): Promise<boolean> {
    await this.#identity.read();
    for (const prefix of [ADOPTED, "blobs/"]) for await (const _ of this.#slow.list(prefix)) return false;
    return true;
  }

  establish(identity: string): Promise<void> {
    return this.#identity.establish(identity);
  }

  probe(signal: AbortSignal, identity: string): Promise<void> {
    return this.#identity.check(identity, signal);
  }

  probeWrite(signal: AbortSignal): Promise<void> {
    return this.#identity.probeWrite(signal);
  }

  async tryRedirects(signal: AbortSignal): Promise<RedirectAbilities | undefined> {
    return this.#redirects?.try(this, signal);
  }

  /** Only nodes tell. */
  async space(): Promise<Space | undefined> {
    return this.#identity.space;
  }

  async close(): Promise<void> {
    this.#transport.close();
    this.#slow.close();
    this.adoptable?.close();
  }

  /** The storage keys of what this bucket holds, adopted or not, between those that others adopted. */
  async *#listAdopted(bucket: AdoptableBucket, after: string | undefined): AsyncGenerator<ListedBlob> {
    const own = bucket.listKeys(after);
    let isListed = false;
    for await (const entry of this.#slow.list(ADOPTED, after)) {
      if (!isListed && entry.key > adoptedPrefix(this.name)) {
        isListed = true;
        yield* own;
      }
      yield entry;
    }
    if (!isListed) yield* own;
  }

  #path(key: string): string {
    return pathOf(this.#address, this.name, key);
  }

  /** After a store said that nothing is there, which another one says as well. */
  async #checkInPlace(): Promise<void> {
    const inPlace = await this.#identity.isInPlace();
    if (inPlace instanceof BackendError) throw inPlace;
  }

  /** An answer whose head can be believed; its body has not been read. */
  async #get(key: string, range: ByteRange | undefined, signal: StopSignal | undefined) {
    const headers = range === undefined ? [] : ["Range", `bytes=${range.first}-${range.last}`];
    const response = await this.#transport.ask({ method: "GET", path: this.#path(key), query: "", headers }, signal);
    if (response.statusCode !== 200 && response.statusCode !== 206) {
      const failure = await this.#transport.failure(response, `GET ${key}`);
      throw failure.fault === "absent" ? await this.#missing(key, true) : failure;
    }
    const etag = bareEtag(response.headers.etag);
    const extent = extentOf(response, range);
    if (typeof extent === "string" || etag === undefined) {
      response.destroy();
      throw this.#transport.corrupt(`GET ${key}: ${typeof extent === "string" ? extent : "no ETag"}`);
    }
    return { response, etag, size: extent.size, length: extent.length };
  }

  /**
   * A key is missing only if the store that said so is in place. `named`: the answer said that it is the key; the 404
   * of a HEAD may as well mean the bucket.
   */
  async #missing(key: string, named: boolean): Promise<BackendError> {
    const inPlace = await this.#identity.isInPlace();
    if (inPlace instanceof BackendError) return inPlace;
    const absent = new BackendError(this.name, "absent", { detail: key });
    if (inPlace === true || named) return absent;
    const path = this.#address.bucketPath;
    const bucket = await this.#transport.ask({ method: "HEAD", path, query: "", headers: [] });
    bucket.resume();
    return bucket.statusCode === 200
      ? absent
      : this.#transport.errorOf(bucket.statusCode ?? 0, "", "HEAD of the bucket");
  }
}
