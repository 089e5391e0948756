/**
 * PutObjectRetention: only an object in a bucket made for locks can have one, and none is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const PutObjectRetention = operation({
  on: "storedObject",
  method: "PUT",
  query: { retention: true },
  action: "s3:PutObjectRetention",
  handle: refuseWith("InvalidRequest", "Bucket is missing Object Lock Configuration"),
});
