/**
 * GetPublicAccessBlock: the bucket's own; the gateway's `publicAccess` overrides it and is not shown.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html
 */
import { S3Error } from "../errors.ts";
import { publicAccessBlockContent } from "../protocol/public-access-block.ts";
import { operation } from "./operation.ts";

export const GetPublicAccessBlock = operation({
  on: "bucket",
  method: "GET",
  query: { publicAccessBlock: true },
  action: "s3:GetBucketPublicAccessBlock",
  async handle({ bucket }) {
    const { publicAccessBlock } = bucket.settings;
    if (publicAccessBlock === undefined) throw new S3Error("NoSuchPublicAccessBlockConfiguration");
    return { body: { root: "PublicAccessBlockConfiguration", content: publicAccessBlockContent(publicAccessBlock) } };
  },
});
