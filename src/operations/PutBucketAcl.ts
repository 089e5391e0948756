/** PutBucketAcl: accepts what is the case anyway, a private bucket, and nothing else. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html */
import { operation } from "./operation.ts";
import { acceptPrivateAcl } from "./private-acl.ts";

export const PutBucketAcl = operation({
  on: "bucket",
  method: "PUT",
  query: { acl: true },
  action: "s3:PutBucketAcl",
  async handle(call) {
    await acceptPrivateAcl(call);
    return {};
  },
});
