/**
 * CompleteMultipartUpload: repeatable, because its answer may be lost, and answered in time however long it takes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import { scopeOfUpload } from "../blobs/scope.ts";
import { composeChecksum } from "../checksums/compose.ts";
import { S3Error } from "../errors.ts";
import type { Upload, UploadedPart } from "../metadata/uploads.ts";
import type { Checksum, HeaderFields, WriteCondition } from "../model.ts";
import { checksumElement, readChecksumType, readChecksumValue } from "../protocol/checksum-headers.ts";
import { checkWriteCondition, readWriteCondition } from "../protocol/conditions.ts";
import { quote } from "../protocol/etag.ts";
import type { XmlDocument } from "../protocol/xml.ts";
import { completeOnce } from "./complete-once.ts";
import { matchParts, readPartList } from "./completed-parts.ts";
import { findObject } from "./find-object.ts";
import { checkInitiator, noSuchUpload } from "./find-upload.ts";
import { type ObjectCall, operation, type Services } from "./operation.ts";
import { readDocument } from "./read-document.ts";

const MAX_PARTS = 10_000;
/** A part has four elements; two references quote its ETag. */
const LIMITS = { bytes: 3 * 1024 ** 2, tags: MAX_PARTS * 8 + 16, references: MAX_PARTS * 2 + 16 };

export const CompleteMultipartUpload = operation({
  on: "object",
  method: "POST",
  query: { uploadId: true },
  action: "s3:PutObject",
  async handle(call, services) {
    const { bucket, key, query, headers } = call;
    const uploadId = query.get("uploadId") ?? "";
    const condition = readWriteCondition(headers);
    await checkKnown(call, uploadId, services);
    const listed = readPartList(
      await readDocument({ body: call.body, headers: withoutObjectClaims(headers) }, "CompleteMultipartUpload", LIMITS),
    );
    // Looked up again: a second copy of this request may have completed it while this list came in.
    const upload = await services.metadata.uploads.find(bucket.id, key, uploadId);
    if (upload === undefined) return { body: await resultAgain(call, uploadId, services) };
    checkInitiator(call, upload);
    const uploaded = await services.metadata.uploads.parts(uploadId, { after: 0, limit: MAX_PARTS });
    const parts = matchParts(listed, uploaded, upload);
    checkSize(headers, parts);
    const checksum = await checksumOfObject(upload, parts, headers);
    await checkBefore(call, condition, services);
    return { body: complete(call, services, { upload, parts, checksum, condition }) };
  },
});

interface Checked {
  readonly upload: Upload;
  readonly parts: readonly UploadedPart[];
  readonly checksum: Checksum | undefined;
  readonly condition: WriteCondition;
}

async function complete(call: ObjectCall, services: Services, checked: Checked): Promise<XmlDocument> {
  const { blobs, metadata, dedup, placement } = services;
  const { upload, parts, checksum, condition } = checked;
  const scope = scopeOfUpload(upload, parts, { multipart: dedup.multipart, copies: placement.copies });
  const object = await completeOnce(metadata.uploads, upload.uploadId, call, async (completion, signal) => {
    const content = await blobs.completeUpload(upload, parts, scope, signal);
    return metadata.uploads.complete(completion, {
      content,
      etag: content.etag,
      checksum,
      parts: parts.map(({ partNumber, size, checksum: ofPart }) => ({
        partNumber,
        size,
        ...(ofPart !== undefined && { checksum: ofPart }),
      })),
      condition,
    });
  });
  return object === undefined ? resultAgain(call, upload.uploadId, services) : resultOf(call, object.etag, checksum);
}

async function checkBefore({ bucket, key }: ObjectCall, condition: WriteCondition, services: Services): Promise<void> {
  if (condition.ifMatch === undefined && condition.ifNoneMatch === undefined) return;
  const found = await findObject(services, bucket, key);
  checkWriteCondition(condition, found?.object, key);
}

/** Checks before the list is read that the upload exists or existed. Throws NoSuchUpload, AccessDenied. */
async function checkKnown(call: ObjectCall, uploadId: string, { metadata }: Services): Promise<void> {
  const upload = await metadata.uploads.find(call.bucket.id, call.key, uploadId);
  if (upload !== undefined) checkInitiator(call, upload);
  else if ((await metadata.uploads.completed(call.bucket.id, call.key, uploadId)) === undefined)
    throw noSuchUpload(uploadId);
}

/** These headers describe the object, not the XML list of its parts. */
function withoutObjectClaims(headers: HeaderFields): HeaderFields {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-amz-(sdk-)?checksum-/.test(name)));
}

/** What the request that completed it was answered. Throws NoSuchUpload for one that was aborted. */
async function resultAgain(call: ObjectCall, uploadId: string, { metadata }: Services): Promise<XmlDocument> {
  const completed = await metadata.uploads.completed(call.bucket.id, call.key, uploadId);
  if (completed === undefined) throw noSuchUpload(uploadId);
  return resultOf(call, completed.etag, completed.object?.checksum);
}

function checkSize(headers: HeaderFields, parts: readonly UploadedPart[]): void {
  const claimed = headers["x-amz-mp-object-size"];
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (claimed === undefined || claimed === String(size)) return;
  throw new S3Error("InvalidRequest", {
    message: `The provided 'x-amz-mp-object-size' header value ${claimed} does not match what was computed: ${size}`,
  });
}

/**
 * The checksum that the upload was started with. Throws BadDigest when the client claims another value, InvalidRequest
 * when it claims another type.
 */
async function checksumOfObject(
  upload: Upload,
  parts: readonly UploadedPart[],
  headers: HeaderFields,
): Promise<Checksum | undefined> {
  const { checksumAlgorithm: algorithm, checksumType: type } = upload;
  if (algorithm === undefined || type === undefined) return undefined;
  const claimedType = readChecksumType(headers);
  if (claimedType !== undefined && claimedType !== type)
    throw new S3Error("InvalidRequest", {
      message:
        `The upload was created using the ${type} checksum mode. ` +
        "The complete request must use the same checksum mode.",
    });
  const value = await composeChecksum(
    algorithm,
    type,
    parts.map(({ size, checksum = "" }) => ({ size, checksum })),
  );
  const claimed = readChecksumValue(headers);
  if (
    claimed !== undefined &&
    (claimed.algorithm !== algorithm || (claimed.value !== value && `${claimed.value}-${parts.length}` !== value))
  )
    throw new S3Error("BadDigest", {
      message: `The ${claimed.algorithm.toLowerCase()} you specified did not match the calculated checksum.`,
    });
  return { algorithm, type, value };
}

function resultOf(call: ObjectCall, etag: string, checksum: Checksum | undefined): XmlDocument {
  const { bucket, key } = call;
  const path = key.split("/").map(encodeURIComponent).join("/");
  return {
    root: "CompleteMultipartUploadResult",
    content: {
      Location: `${bucketUrl(call)}/${path}`,
      Bucket: bucket.name,
      Key: key,
      ETag: quote(etag),
      ...(checksum && { [checksumElement(checksum.algorithm)]: checksum.value }),
      ChecksumType: checksum?.type,
    },
  };
}

/** Keeps the bucket in the host name when the client put it there, unless a proxy changed the host name. */
function bucketUrl({ bucket: { name }, client: { origin }, virtualHost }: ObjectCall): string {
  return virtualHost && origin.toLowerCase().includes(`://${name}.`) ? origin : `${origin}/${name}`;
}
