/**
 * DeleteBucketTagging. S3's action for it is s3:PutBucketTagging.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html
 */
import { operation } from "./operation.ts";

export const DeleteBucketTagging = operation({
  on: "bucket",
  method: "DELETE",
  query: { tagging: true },
  action: "s3:PutBucketTagging",
  async handle({ bucket }, { metadata }) {
    await metadata.buckets.updateSettings(bucket.id, ({ tags: _former, ...kept }) => kept);
    return { status: 204 };
  },
});
