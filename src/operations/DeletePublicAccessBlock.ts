/**
 * DeletePublicAccessBlock: there is none, and S3 calls its deletion a success all the same.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html
 */
import { operation } from "./operation.ts";

export const DeletePublicAccessBlock = operation({
  on: "bucket",
  method: "DELETE",
  query: { publicAccessBlock: true },
  action: "s3:PutBucketPublicAccessBlock",
  async handle() {
    return { status: 204 };
  },
});
