/** GetBucketCors: there are no rules. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetBucketCors = operation({
  on: "bucket",
  method: "GET",
  query: { cors: true },
  action: "s3:GetBucketCORS",
  handle: refuseWith("NoSuchCORSConfiguration"),
});
