/**
 * GetObjectLockConfiguration: there is none.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetObjectLockConfiguration = operation({
  on: "bucket",
  method: "GET",
  query: { "object-lock": true },
  action: "s3:GetBucketObjectLockConfiguration",
  handle: refuseWith("ObjectLockConfigurationNotFoundError"),
});
