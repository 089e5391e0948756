/**
 * GetObjectLegalHold: only an object in a bucket made for locks can have one, and none is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetObjectLegalHold = operation({
  on: "storedObject",
  method: "GET",
  query: { "legal-hold": true },
  action: "s3:GetObjectLegalHold",
  handle: refuseWith("InvalidRequest", "Bucket is missing Object Lock Configuration"),
});
