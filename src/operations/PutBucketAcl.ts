/**
 * PutBucketAcl: a canned ACL, grants in headers, or a document.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
 */
import { operation } from "./operation.ts";
import { aclOfRequest } from "./requested-acl.ts";

export const PutBucketAcl = operation({
  on: "bucket",
  method: "PUT",
  query: { acl: true },
  action: "s3:PutBucketAcl",
  async handle(call, services) {
    const { bucket } = call;
    const acl = await aclOfRequest(call, { of: "bucket", owner: bucket.owner, bucket }, services);
    await services.metadata.buckets.updateSettings(bucket.id, ({ acl: _former, ...kept }) => ({
      ...kept,
      ...(acl && { acl }),
    }));
    return {};
  },
});
