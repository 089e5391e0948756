/** PutBucketCors: replaces all rules. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html */
import { readCorsConfiguration } from "../protocol/cors-configuration.ts";
import { operation } from "./operation.ts";
import { readDocument } from "./read-document.ts";

export const PutBucketCors = operation({
  on: "bucket",
  method: "PUT",
  query: { cors: true },
  action: "s3:PutBucketCORS",
  async handle(call, { metadata }) {
    const cors = readCorsConfiguration(await readDocument(call, "CORSConfiguration"));
    await metadata.buckets.updateSettings(call.bucket.id, (settings) => ({ ...settings, cors }));
    return {};
  },
});
