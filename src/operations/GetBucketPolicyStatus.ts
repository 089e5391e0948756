/**
 * GetBucketPolicyStatus: there is no policy.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetBucketPolicyStatus = operation({
  on: "bucket",
  method: "GET",
  query: { policyStatus: true },
  action: "s3:GetBucketPolicyStatus",
  handle: refuseWith("NoSuchBucketPolicy"),
});
