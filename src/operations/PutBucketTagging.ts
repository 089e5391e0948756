/** PutBucketTagging: replaces all tags. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html */
import { readTagging } from "../protocol/tags.ts";
import { operation } from "./operation.ts";
import { readDocument } from "./read-document.ts";

export const PutBucketTagging = operation({
  on: "bucket",
  method: "PUT",
  query: { tagging: true },
  action: "s3:PutBucketTagging",
  async handle(call, { metadata }) {
    const tags = readTagging(await readDocument(call, "Tagging"), "bucket");
    await metadata.buckets.updateSettings(call.bucket.id, ({ tags: _former, ...kept }) => ({
      ...kept,
      ...(tags && { tags }),
    }));
    return { status: 204 };
  },
});
