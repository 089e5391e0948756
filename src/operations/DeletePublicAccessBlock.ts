/**
 * DeletePublicAccessBlock: succeeds even when there is none. S3's action for it is s3:PutBucketPublicAccessBlock.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html
 */
import { operation } from "./operation.ts";

export const DeletePublicAccessBlock = operation({
  on: "bucket",
  method: "DELETE",
  query: { publicAccessBlock: true },
  action: "s3:PutBucketPublicAccessBlock",
  async handle({ bucket }, { metadata }) {
    await metadata.buckets.updateSettings(bucket.id, ({ publicAccessBlock: _former, ...kept }) => kept);
    return { status: 204 };
  },
});
