/**
 * GetBucketVersioning: never enabled, which S3 says by saying nothing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
 */
import { operation } from "./operation.ts";

export const GetBucketVersioning = operation({
  on: "bucket",
  method: "GET",
  query: { versioning: true },
  action: "s3:GetBucketVersioning",
  async handle() {
    return { body: { root: "VersioningConfiguration", content: "" } };
  },
});
