/**
 * CopyObject: a second object with the same blob. Bytes move only where that blob may stand outside of the copy's
 * regions.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
import { Readable } from "node:stream";
import type { BlobStore, BodySource } from "../blobs/blob-store.ts";
import { heldByTransfer } from "../blobs/held-by-transfer.ts";
import { destinationOf, wantedBy } from "../blobs/scope.ts";
import { invalidArgument, notImplemented, S3Error } from "../errors.ts";
import type { Content } from "../metadata/stored-content.ts";
import type { Blob, Checksum, FoundObject, HeaderFields, ObjectAttributes, StoredObject } from "../model.ts";
import { checksumElement } from "../protocol/checksum-headers.ts";
import { checkWriteCondition, readWriteCondition } from "../protocol/conditions.ts";
import { quote } from "../protocol/etag.ts";
import { readAttributes, readPlacementAttributes } from "../protocol/object-headers.ts";
import type { XmlContent, XmlDocument } from "../protocol/xml.ts";
import { findCopyOrigin } from "./copy-origin.ts";
import { findObject } from "./find-object.ts";
import { nearWriter } from "./near-writer.ts";
import { type ObjectCall, operation, type Services } from "./operation.ts";
import { readAccess } from "./requested-acl.ts";
import { allows, readRegions } from "./requested-regions.ts";
import { withRollback } from "./with-rollback.ts";

export const CopyObject = operation({
  on: "object",
  method: "PUT",
  header: "x-amz-copy-source",
  action: "s3:PutObject",
  async handle(call, services) {
    const { bucket, key, headers } = call;
    const { tags, ...own } = { ...readAttributes(headers), ...readRegions(call, services) };
    const access = await readAccess(call, services);
    const condition = readWriteCondition(headers);
    const directive = readDirective(headers, "x-amz-metadata-directive");
    const tagging = readDirective(headers, "x-amz-tagging-directive");
    const source = await findCopyOrigin(call, services);
    refuseOtherChecksum(headers, source.object.checksum);
    const sourceTags = source.object.attributes.tags;
    if (tagging === "COPY" && sourceTags !== undefined)
      services.checkAccess(call.caller, "s3:GetObjectTagging", source.bucket, source.object);
    const { regions } = own;
    const attributes: ObjectAttributes = {
      ...(directive === "REPLACE" ? own : keptAttributes(source.object, call)),
      ...(regions && { regions }),
      ...tagged(tagging === "REPLACE" ? tags : sourceTags),
      ...access,
    };
    if (directive === "COPY" && isSame(source, call) && !changes(source.object, headers, regions)) throw copyToItself();
    if (condition.ifMatch !== undefined || condition.ifNoneMatch !== undefined) {
      const found = await findObject(services, bucket, key);
      checkWriteCondition(condition, found?.object, key);
    }
    await services.metadata.checkRoom();
    const { object } = source;
    const write = async (content: Content): Promise<XmlDocument> => {
      const { etag, checksum, parts } = object;
      const copy = await withRollback(
        () =>
          services.metadata.objects.put({
            ...{ bucketId: bucket.id, key, content, etag, attributes, checksum, parts, condition },
          }),
        () => services.blobs.discard(content),
      );
      return { root: "CopyObjectResult", content: resultOf(copy) };
    };
    const known = services.blobs.shared(source.blob, wantedBy(bucket, attributes.regions));
    if (known !== undefined) return { body: await write(known) };
    const bytes = copiedBytes(source, call, services);
    await call.hold(heldByTransfer(source.blob.size));
    const { scope, ...to } = destinationOf(bucket, call.caller.account?.id, attributes.regions, {
      dedup: services.dedup.scope,
      copies: services.placement.copies,
    });
    return {
      body: services.blobs
        .put(bytes, { scope, ...to, near: nearWriter(call, services) })
        .then(({ content }) => write(content)),
    };
  },
});

/** As S3's own limit. It is also the most that a backend takes in one piece. */
const MAX_COPY = 5 * 1024 ** 3;

/** Throws InvalidRequest for what is too large to be copied in one call. */
function copiedBytes({ blob }: FoundObject, { signal }: ObjectCall, { blobs }: Services): BodySource {
  if (blob.size > MAX_COPY)
    throw new S3Error("InvalidRequest", {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_COPY}`,
    });
  const open = () => Readable.from(bytesOf(blob, blobs, signal), { objectMode: false });
  return {
    size: blob.size,
    open,
    claims: blob.digest === undefined ? {} : { sha256: blob.digest },
    sender: { signal },
  };
}

async function* bytesOf(blob: Blob, blobs: BlobStore, signal: AbortSignal): AsyncGenerator<Buffer> {
  if (blob.size === 0) return;
  const { body } = await blobs.open(blob, { order: [], reader: { signal } });
  if (Buffer.isBuffer(body)) yield body;
  else yield* body;
}

function readDirective(
  headers: HeaderFields,
  name: "x-amz-metadata-directive" | "x-amz-tagging-directive",
): "COPY" | "REPLACE" {
  const text = headers[name] ?? "COPY";
  if (text !== "COPY" && text !== "REPLACE")
    throw invalidArgument(name, text, `Unknown ${name.split("-")[2]} directive.`);
  return text;
}

function tagged(tags: ObjectAttributes["tags"]): Pick<ObjectAttributes, "tags"> {
  return tags === undefined ? {} : { tags };
}

/**
 * S3 copies neither ACL, storage class nor website redirect: they come from the request or are the default. Tags have
 * their own directive.
 */
function keptAttributes({ attributes }: StoredObject, { bucket, headers }: ObjectCall): ObjectAttributes {
  const {
    storageClass: _class,
    websiteRedirectLocation: _location,
    acl: _acl,
    owner: _owner,
    tags: _tags,
    brought: _brought,
    regions,
    ...kept
  } = attributes;
  // The source's regions are kept where the bucket allows them; elsewhere what the bucket says is all that counts.
  const stays = regions !== undefined && allows(bucket, regions);
  return { ...kept, ...(stays && { regions }), ...readPlacementAttributes(headers) };
}

function isSame({ bucket, object }: FoundObject, call: ObjectCall): boolean {
  return bucket.id === call.bucket.id && object.key === call.key;
}

function changes({ attributes }: StoredObject, headers: HeaderFields, regions: ObjectAttributes["regions"]): boolean {
  if (regions !== undefined && regions.join() !== attributes.regions?.join()) return true;
  const { storageClass, websiteRedirectLocation } = readPlacementAttributes(headers);
  return storageClass !== attributes.storageClass || websiteRedirectLocation !== attributes.websiteRedirectLocation;
}

function copyToItself(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
      "metadata, storage class, website redirect location or encryption attributes.",
  });
}

/** Refuses a checksum that the source lacks: computing it would mean reading the source. */
function refuseOtherChecksum(headers: HeaderFields, has: Checksum | undefined): void {
  const wanted = headers["x-amz-checksum-algorithm"]?.toUpperCase();
  if (wanted !== undefined && wanted !== has?.algorithm) throw notImplemented("x-amz-checksum-algorithm");
}

function resultOf({ modifiedAt, etag, checksum }: StoredObject): XmlContent {
  return {
    LastModified: modifiedAt.toISOString(),
    ETag: quote(etag),
    ChecksumType: checksum?.type,
    ...(checksum && { [checksumElement(checksum.algorithm)]: checksum.value }),
  };
}
