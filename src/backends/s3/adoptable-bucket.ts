/**
 * A bucket that clients have filled: every object outside of the backend's own prefix, with what HEAD tells of it. No
 * byte of an object is read, and none is written.
 */
import type { SecureContext } from "node:tls";
import type { Adoptable, DescribedObject, Obstacle, PresentObject } from "../adoptable.ts";
import { adoptedKey, adoptedPrefix, presentKey } from "../adopted-key.ts";
import type { ListedBlob } from "../backend.ts";
import { bareEtag } from "./faults.ts";
import { listAround } from "./listing.ts";
import { type AskedBucket, attributesOf, headOf, isArchived, partSizesOf, tagsOf } from "./object-heads.ts";
import type { S3BackendOptions } from "./options.ts";
import { openClient } from "./sdk-client.ts";

/** A run over millions of objects outlasts a service that is busy for a moment. */
const ATTEMPTS = 5;

export class AdoptableBucket implements Adoptable {
  readonly #own: string;
  readonly #asked: AskedBucket;

  constructor(options: S3BackendOptions, secureContext?: SecureContext) {
    const { name, bucket, prefix = "" } = options;
    this.#own = prefix;
    this.#asked = { client: openClient(options, secureContext, ATTEMPTS), name, bucket };
  }

  async *list(prefix: string, after?: string): AsyncGenerator<PresentObject> {
    const { client, name: backend, bucket } = this.#asked;
    if (this.#own !== "") yield* listAround(client, { backend, bucket, prefix, after }, this.#own);
  }

  /** As the storage keys that they have, or would have, in byte order after `after`. */
  async *listKeys(after?: string): AsyncGenerator<ListedBlob> {
    const { name } = this.#asked;
    const own = adoptedPrefix(name);
    if (after !== undefined && after > own && !after.startsWith(own)) return;
    for await (const object of this.list("", after && presentKey(name, after))) {
      const key = adoptedKey(name, object.key);
      if (key !== undefined) yield { ...object, key };
    }
  }

  async describe(listed: PresentObject): Promise<DescribedObject | Obstacle> {
    const { key, size, etag } = listed;
    const head = await headOf(this.#asked, { Key: key });
    if (typeof head === "string") return head;
    if (head.ContentLength !== size || bareEtag(head.ETag) !== etag) return "changed";
    if (isArchived(head)) return "archived";
    if (head.SSECustomerAlgorithm !== undefined || head.ServerSideEncryption?.startsWith("aws:kms")) return "encrypted";
    const partSizes = await partSizesOf(this.#asked, listed);
    if (typeof partSizes === "string") return partSizes;
    const tags = await tagsOf(this.#asked, key, head.TagCount);
    if (typeof tags === "string") return tags;
    return { ...listed, attributes: attributesOf(head, tags), partSizes };
  }

  close(): void {
    this.#asked.client.destroy();
  }
}
