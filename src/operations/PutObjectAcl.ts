/** PutObjectAcl: accepts what is the case anyway, a private object, and nothing else. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html */
import { checkVersionId } from "../protocol/object-headers.ts";
import { operation } from "./operation.ts";
import { acceptPrivateAcl } from "./private-acl.ts";

export const PutObjectAcl = operation({
  on: "storedObject",
  method: "PUT",
  query: { acl: true },
  action: "s3:PutObjectAcl",
  async handle(call) {
    checkVersionId(call.query.get("versionId"), call.key);
    await acceptPrivateAcl(call);
    return {};
  },
});
