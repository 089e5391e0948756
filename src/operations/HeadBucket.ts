/**
 * HeadBucket: it exists and is open to the caller. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
import { operation } from "./operation.ts";

export const HeadBucket = operation({
  on: "bucket",
  method: "HEAD",
  action: "s3:ListBucket",
  async handle({ bucket }, { region }) {
    return { headers: { "x-amz-bucket-region": bucket.location || region, "x-amz-access-point-alias": "false" } };
  },
});
