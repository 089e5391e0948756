/** CreateMultipartUpload. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
import { wantedBy } from "../blobs/scope.ts";
import { S3Error } from "../errors.ts";
import { readUploadChecksum } from "../protocol/checksum-headers.ts";
import { readAttributes } from "../protocol/object-headers.ts";
import { nearWriter } from "./near-writer.ts";
import { operation } from "./operation.ts";
import { readAccess } from "./requested-acl.ts";
import { readRegions } from "./requested-regions.ts";
import { withRollback } from "./with-rollback.ts";

export const CreateMultipartUpload = operation({
  on: "object",
  method: "POST",
  query: { uploads: true },
  action: "s3:PutObject",
  async handle(call, services) {
    const { bucket, key, headers, caller } = call;
    const { metadata, blobs, dedup } = services;
    if (caller.account === undefined)
      throw new S3Error("AccessDenied", {
        message: "Anonymous users cannot initiate multipart uploads. Please authenticate.",
      });
    const attributes = {
      ...readAttributes(headers),
      ...readRegions(call, services),
      ...(await readAccess(call, services)),
    };
    const checksum = readUploadChecksum(headers);
    const started = await blobs.startUpload(wantedBy(bucket, attributes.regions), nearWriter(call, services));
    const draft = {
      ...started,
      bucketId: bucket.id,
      key,
      accountId: caller.account.id,
      attributes,
      checksumAlgorithm: checksum?.algorithm,
      checksumType: checksum?.type,
      dedup: bucket.settings.dedup ?? dedup.scope,
    };
    const upload = await withRollback(
      () => metadata.uploads.create(draft),
      () => metadata.keyReservations.discard(started.storageKey),
    );
    return {
      headers: { "x-amz-checksum-algorithm": checksum?.algorithm, "x-amz-checksum-type": checksum?.type },
      body: {
        root: "InitiateMultipartUploadResult",
        content: { Bucket: bucket.name, Key: key, UploadId: upload.uploadId },
      },
    };
  },
});
