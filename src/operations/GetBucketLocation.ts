/**
 * GetBucketLocation. For us-east-1 S3 returns an empty element.
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
