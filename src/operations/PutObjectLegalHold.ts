/**
 * PutObjectLegalHold: only an object in a bucket made for locks can have one, and none is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const PutObjectLegalHold = operation({
  on: "storedObject",
  method: "PUT",
  query: { "legal-hold": true },
  action: "s3:PutObjectLegalHold",
  handle: refuseWith("InvalidRequest", "Bucket is missing Object Lock Configuration"),
});
