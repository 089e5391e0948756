/** GetObjectAcl. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html */
import { aclContent } from "../protocol/acl.ts";
import { checkVersionId } from "../protocol/object-headers.ts";
import { operation } from "./operation.ts";

export const GetObjectAcl = operation({
  on: "storedObject",
  method: "GET",
  query: { acl: true },
  action: "s3:GetObjectAcl",
  async handle({ bucket, key, query, found }) {
    checkVersionId(query.get("versionId"), key);
    const { owner = bucket.owner, acl } = found.object.attributes;
    return { body: { root: "AccessControlPolicy", content: aclContent(owner, acl) } };
  },
});
