/**
 * GetBucketLogging: never enabled, which S3 says by saying nothing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html
 */
import { operation } from "./operation.ts";

export const GetBucketLogging = operation({
  on: "bucket",
  method: "GET",
  query: { logging: true },
  action: "s3:GetBucketLogging",
  async handle() {
    return { body: { root: "BucketLoggingStatus", content: "" } };
  },
});
