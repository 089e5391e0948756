/**
 * DeletePublicAccessBlock: a success where there is none, too. Its action is that of setting one.
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
