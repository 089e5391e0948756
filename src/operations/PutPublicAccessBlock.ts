/**
 * PutPublicAccessBlock: replaces all four switches.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
 */
import { readPublicAccessBlock } from "../protocol/public-access-block.ts";
import { operation } from "./operation.ts";
import { readDocument } from "./read-document.ts";

export const PutPublicAccessBlock = operation({
  on: "bucket",
  method: "PUT",
  query: { publicAccessBlock: true },
  action: "s3:PutBucketPublicAccessBlock",
  async handle(call, { metadata }) {
    const publicAccessBlock = readPublicAccessBlock(await readDocument(call, "PublicAccessBlockConfiguration"));
    await metadata.buckets.updateSettings(call.bucket.id, (settings) => ({ ...settings, publicAccessBlock }));
    return {};
  },
});
