/**
 * DeleteBucketCors. S3's action for it is s3:PutBucketCORS.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html
 */
import { operation } from "./operation.ts";

export const DeleteBucketCors = operation({
  on: "bucket",
  method: "DELETE",
  query: { cors: true },
  action: "s3:PutBucketCORS",
  async handle({ bucket }, { metadata }) {
    await metadata.buckets.updateSettings(bucket.id, ({ cors: _former, ...kept }) => kept);
    return { status: 204 };
  },
});
