/**
 * PutObjectAcl: a canned ACL, grants in headers, or a document.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
 */
import { checkVersionId } from "../protocol/object-headers.ts";
import { operation } from "./operation.ts";
import { aclOfRequest } from "./requested-acl.ts";

export const PutObjectAcl = operation({
  on: "storedObject",
  method: "PUT",
  query: { acl: true },
  action: "s3:PutObjectAcl",
  async handle(call, services) {
    const { bucket, key, query, found } = call;
    checkVersionId(query.get("versionId"), key);
    const { owner = bucket.owner } = found.object.attributes;
    const acl = await aclOfRequest(call, { of: "object", owner, bucket }, services);
    // An object that was overwritten meanwhile is newer than this request: its own ACL stays.
    await services.metadata.objects.updateAttributes(bucket.id, found.object, ({ acl: _former, ...kept }) => ({
      ...kept,
      ...(acl && { acl }),
    }));
    return {};
  },
});
