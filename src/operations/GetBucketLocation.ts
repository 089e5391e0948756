/**
 * GetBucketLocation. S3 writes nothing for us-east-1.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
 */
import { operation } from "./operation.ts";

export const GetBucketLocation = operation({
  on: "bucket",
  method: "GET",
  query: { location: true },
  action: "s3:GetBucketLocation",
  async handle({ bucket }, { region }) {
    return { body: { root: "LocationConstraint", content: bucket.location || (region === "us-east-1" ? "" : region) } };
  },
});
