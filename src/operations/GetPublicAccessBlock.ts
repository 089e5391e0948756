/**
 * GetPublicAccessBlock: there is none; nothing is public here anyway.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetPublicAccessBlock = operation({
  on: "bucket",
  method: "GET",
  query: { publicAccessBlock: true },
  action: "s3:GetBucketPublicAccessBlock",
  handle: refuseWith("NoSuchPublicAccessBlockConfiguration"),
});
