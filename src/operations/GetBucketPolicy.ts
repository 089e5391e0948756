/** GetBucketPolicy: there is none. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetBucketPolicy = operation({
  on: "bucket",
  method: "GET",
  query: { policy: true },
  action: "s3:GetBucketPolicy",
  handle: refuseWith("NoSuchBucketPolicy"),
});
