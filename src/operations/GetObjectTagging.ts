/**
 * GetObjectTagging: clients ask for it before they copy.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
 */
import { checkVersionId } from "../protocol/object-headers.ts";
import { taggingContent } from "../protocol/tags.ts";
import { operation } from "./operation.ts";

export const GetObjectTagging = operation({
  on: "storedObject",
  method: "GET",
  query: { tagging: true },
  action: "s3:GetObjectTagging",
  async handle({ key, query, found }) {
    checkVersionId(query.get("versionId"), key);
    return { body: { root: "Tagging", content: taggingContent(found.object.attributes.tags) } };
  },
});
