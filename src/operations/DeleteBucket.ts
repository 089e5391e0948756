/** DeleteBucket: only an empty one. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
import { operation } from "./operation.ts";

export const DeleteBucket = operation({
  on: "bucket",
  method: "DELETE",
  action: "s3:DeleteBucket",
  async handle({ bucket }, { metadata }) {
    await metadata.buckets.delete(bucket.id);
    return { status: 204 };
  },
});
