/**
 * GetBucketLifecycleConfiguration: there are no rules.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetBucketLifecycleConfiguration = operation({
  on: "bucket",
  method: "GET",
  query: { lifecycle: true },
  action: "s3:GetLifecycleConfiguration",
  handle: refuseWith("NoSuchLifecycleConfiguration"),
});
