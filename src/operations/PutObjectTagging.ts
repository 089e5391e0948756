/** PutObjectTagging: replaces all tags. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
import { checkVersionId } from "../protocol/object-headers.ts";
import { readTagging } from "../protocol/tags.ts";
import { operation } from "./operation.ts";
import { readDocument } from "./read-document.ts";

export const PutObjectTagging = operation({
  on: "storedObject",
  method: "PUT",
  query: { tagging: true },
  action: "s3:PutObjectTagging",
  async handle(call, { metadata }) {
    const { bucket, key, query, found } = call;
    checkVersionId(query.get("versionId"), key);
    const tags = readTagging(await readDocument(call, "Tagging"), "object");
    // An object that was overwritten meanwhile is newer than this request: its own tags stay.
    await metadata.objects.updateAttributes(bucket.id, found.object, ({ tags: _former, ...kept }) => ({
      ...kept,
      ...(tags && { tags }),
    }));
    return {};
  },
});
