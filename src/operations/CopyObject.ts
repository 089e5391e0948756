/**
 * CopyObject: a second object with the same blob; no bytes move.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
import { invalidArgument, notImplemented, S3Error } from "../errors.ts";
import type { Checksum, FoundObject, HeaderFields, ObjectAttributes, StoredObject } from "../model.ts";
import { checksumElement } from "../protocol/checksum-headers.ts";
import { checkWriteCondition, readWriteCondition } from "../protocol/conditions.ts";
import { quote } from "../protocol/etag.ts";
import { readAttributes, readPlacementAttributes } from "../protocol/object-headers.ts";
import type { XmlContent } from "../protocol/xml.ts";
import { findCopyOrigin } from "./copy-origin.ts";
import { type ObjectCall, operation } from "./operation.ts";
import { readAccess } from "./requested-acl.ts";

export const CopyObject = operation({
  on: "object",
  method: "PUT",
  header: "x-amz-copy-source",
  action: "s3:PutObject",
  async handle(call, services) {
    const { bucket, key, headers } = call;
    const { tags, ...own } = readAttributes(headers);
    const access = await readAccess(call, services);
    const condition = readWriteCondition(headers);
    const directive = readDirective(headers, "x-amz-metadata-directive");
    const tagging = readDirective(headers, "x-amz-tagging-directive");
    const source = await findCopyOrigin(call, services);
    refuseOtherChecksum(headers, source.object.checksum);
    const sourceTags = source.object.attributes.tags;
    if (tagging === "COPY" && sourceTags !== undefined)
      services.checkAccess(call.caller, "s3:GetObjectTagging", source.bucket, source.object);
    const attributes = {
      ...(directive === "REPLACE" ? own : keptAttributes(source.object, headers)),
      ...tagged(tagging === "REPLACE" ? tags : sourceTags),
      ...access,
    };
    if (directive === "COPY" && isSame(source, call) && !changes(source.object, headers)) throw copyToItself();
    if (condition.ifMatch !== undefined || condition.ifNoneMatch !== undefined) {
      const { found } = await services.metadata.objects.find(bucket.name, key);
      checkWriteCondition(condition, found?.object, key);
    }
    await services.metadata.checkRoom();
    const { blob, object } = source;
    const copy = await services.metadata.objects.put({
      bucketId: bucket.id,
      key,
      content: { kind: "known", blobId: blob.id, size: blob.size, etag: blob.etag },
      etag: object.etag,
      attributes,
      checksum: object.checksum,
      parts: object.parts,
      condition,
    });
    return { body: { root: "CopyObjectResult", content: resultOf(copy) } };
  },
});

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
function keptAttributes({ attributes }: StoredObject, headers: HeaderFields): ObjectAttributes {
  const {
    storageClass: _class,
    websiteRedirectLocation: _location,
    acl: _acl,
    owner: _owner,
    tags: _tags,
    ...kept
  } = attributes;
  return { ...kept, ...readPlacementAttributes(headers) };
}

function isSame({ bucket, object }: FoundObject, call: ObjectCall): boolean {
  return bucket.id === call.bucket.id && object.key === call.key;
}

function changes({ attributes }: StoredObject, headers: HeaderFields): boolean {
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
