/** DeleteObjectTagging. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html */
import { checkVersionId } from "../protocol/object-headers.ts";
import { operation } from "./operation.ts";

export const DeleteObjectTagging = operation({
  on: "storedObject",
  method: "DELETE",
  query: { tagging: true },
  action: "s3:DeleteObjectTagging",
  async handle({ bucket, key, query, found }, { metadata }) {
    checkVersionId(query.get("versionId"), key);
    await metadata.objects.updateAttributes(bucket.id, found.object, ({ tags: _former, ...kept }) => kept);
    return { status: 204 };
  },
});
