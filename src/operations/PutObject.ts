/**
 * PutObject: checks everything that it can before it asks the client for its bytes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
import type { BodySource } from "../blobs/blob-store.ts";
import { type Destination, destinationOf } from "../blobs/scope.ts";
import type { Claims } from "../checksums/claims.ts";
import type { BlobReader } from "../metadata/blobs.ts";
import type { Content } from "../metadata/stored-content.ts";
import type { Checksum, WriteCondition } from "../model.ts";
import { checkWriteCondition, readWriteCondition } from "../protocol/conditions.ts";
import { quote } from "../protocol/etag.ts";
import { readAttributes } from "../protocol/object-headers.ts";
import { readClaims } from "../protocol/read-claims.ts";
import { checksumHeaders } from "../protocol/reply-headers.ts";
import { findObject } from "./find-object.ts";
import { incomingBytes } from "./incoming-bytes.ts";
import { nearWriter } from "./near-writer.ts";
import { type ObjectCall, operation, type Services } from "./operation.ts";
import { readAccess } from "./requested-acl.ts";
import { readRegions } from "./requested-regions.ts";
import { withRollback } from "./with-rollback.ts";

interface Received {
  readonly content: Content;
  /** The object's ETag: the md5 of the bytes, whatever the blob's parts. */
  readonly etag: string;
  readonly checksum: Checksum | undefined;
}

export const PutObject = operation({
  on: "object",
  method: "PUT",
  action: "s3:PutObject",
  async handle(call, services) {
    const { bucket, key, headers } = call;
    const attributes = {
      ...readAttributes(headers),
      ...readRegions(call, services),
      ...(await readAccess(call, services)),
    };
    const destination = destinationOf(bucket, call.caller.account?.id, attributes.regions, {
      dedup: services.dedup.scope,
      copies: services.placement.copies,
    });
    const condition = readWriteCondition(headers);
    const claims = readClaims(headers, call.body);
    const bytes = incomingBytes(call, claims);
    await checkBefore(call, condition, services);
    const { content, etag, checksum } =
      (await claimed(call, bytes, destination, services)) ??
      (await received(bytes, { ...destination, near: nearWriter(call, services) }, services));
    const object = await withRollback(
      () =>
        services.metadata.objects.put({
          bucketId: bucket.id,
          key,
          content,
          etag,
          attributes,
          checksum,
          parts: undefined,
          condition,
        }),
      async () => {
        if (content.kind === "fresh") await services.blobs.discard(content);
      },
    );
    return { headers: { ETag: quote(object.etag), ...(checksum && checksumHeaders(checksum)) } };
  },
});

async function checkBefore({ bucket, key }: ObjectCall, condition: WriteCondition, services: Services): Promise<void> {
  if (condition.ifMatch === undefined && condition.ifNoneMatch === undefined) return;
  const found = await findObject(services, bucket, key);
  checkWriteCondition(condition, found?.object, key);
}

/**
 * Known content that this access key may read, when the client signed its digest and waits for `100 Continue`: it need
 * not send the bytes.
 */
async function claimed(
  { bucket, body, caller }: ObjectCall,
  { size, claims }: BodySource,
  destination: Destination,
  services: Services,
): Promise<Received | undefined> {
  const { blobs } = services;
  if (caller.account?.id !== bucket.owner.id) return undefined;
  if (!body.expectsContinue || body.sha256 === undefined) return undefined;
  const reader = { accountId: bucket.owner.id, places: caller.scope.places };
  const content = await blobs.claim(destination, body.sha256, size, reader);
  // A blob uploaded in parts has no md5 for the ETag, and a claimed md5 must match.
  if (content === undefined || content.etag.includes("-") || (claims.md5 ?? content.etag) !== content.etag)
    return undefined;
  if (claims.checksum === undefined) return { content, etag: content.etag, checksum: undefined };
  const checksum = await knownChecksum(claims, content.blobId, reader, services);
  return checksum && { content, etag: content.etag, checksum };
}

/**
 * The claimed checksum, when it need not be computed: it is the signed digest itself, or an object with these bytes has
 * the same one.
 */
async function knownChecksum(
  { checksum, sha256 = "" }: Claims,
  blobId: number,
  reader: BlobReader,
  { metadata }: Services,
): Promise<Checksum | undefined> {
  const value = checksum?.value?.();
  if (checksum === undefined || value === undefined) return undefined;
  const { algorithm } = checksum;
  if (algorithm === "SHA256" && value === Buffer.from(sha256, "hex").toString("base64"))
    return { algorithm, type: "FULL_OBJECT", value };
  const known = await metadata.blobs.checksums(blobId, reader);
  return known.find((other) => other.algorithm === algorithm && other.type === "FULL_OBJECT" && other.value === value);
}

async function received(
  bytes: BodySource,
  destination: Destination & { readonly near: readonly string[] },
  { blobs }: Services,
): Promise<Received> {
  const { content, md5, checksum: value } = await blobs.put(bytes, destination);
  const algorithm = bytes.claims.checksum?.algorithm;
  return {
    content,
    etag: md5,
    checksum: algorithm && value !== undefined ? { algorithm, type: "FULL_OBJECT", value } : undefined,
  };
}
