/**
 * PutObjectLockConfiguration: only a bucket made for locks can have it, and none is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const PutObjectLockConfiguration = operation({
  on: "bucket",
  method: "PUT",
  query: { "object-lock": true },
  action: "s3:PutBucketObjectLockConfiguration",
  handle: refuseWith("InvalidBucketState"),
});
