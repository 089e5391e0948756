/**
 * GetObjectRetention: only an object in a bucket made for locks can have one, and none is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetObjectRetention = operation({
  on: "storedObject",
  method: "GET",
  query: { retention: true },
  action: "s3:GetObjectRetention",
  handle: refuseWith("InvalidRequest", "Bucket is missing Object Lock Configuration"),
});
