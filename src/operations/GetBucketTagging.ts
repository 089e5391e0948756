/** GetBucketTagging. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html */
import { S3Error } from "../errors.ts";
import { taggingContent } from "../protocol/tags.ts";
import { operation } from "./operation.ts";

export const GetBucketTagging = operation({
  on: "bucket",
  method: "GET",
  query: { tagging: true },
  action: "s3:GetBucketTagging",
  async handle({ bucket }) {
    if (bucket.settings.tags === undefined) throw new S3Error("NoSuchTagSet");
    return { body: { root: "Tagging", content: taggingContent(bucket.settings.tags) } };
  },
});
