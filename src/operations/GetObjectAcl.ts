/** GetObjectAcl: the bucket owner's alone. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html */
import { checkVersionId } from "../protocol/object-headers.ts";
import { operation } from "./operation.ts";
import { ownerOnlyAcl } from "./owner.ts";

export const GetObjectAcl = operation({
  on: "storedObject",
  method: "GET",
  query: { acl: true },
  action: "s3:GetObjectAcl",
  async handle({ bucket, key, query }) {
    checkVersionId(query.get("versionId"), key);
    return { body: { root: "AccessControlPolicy", content: ownerOnlyAcl(bucket) } };
  },
});
