/** GetBucketAcl. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html */
import { aclContent } from "../protocol/acl.ts";
import { operation } from "./operation.ts";

export const GetBucketAcl = operation({
  on: "bucket",
  method: "GET",
  query: { acl: true },
  action: "s3:GetBucketAcl",
  async handle({ bucket }) {
    return { body: { root: "AccessControlPolicy", content: aclContent(bucket.owner, bucket.settings.acl) } };
  },
});
