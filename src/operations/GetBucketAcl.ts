/** GetBucketAcl: the owner's alone. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html */
import { operation } from "./operation.ts";
import { ownerOnlyAcl } from "./owner.ts";

export const GetBucketAcl = operation({
  on: "bucket",
  method: "GET",
  query: { acl: true },
  action: "s3:GetBucketAcl",
  async handle({ bucket }) {
    return { body: { root: "AccessControlPolicy", content: ownerOnlyAcl(bucket) } };
  },
});
