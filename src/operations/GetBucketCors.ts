/** GetBucketCors. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html */
import { S3Error } from "../errors.ts";
import { corsContent } from "../protocol/cors-configuration.ts";
import { operation } from "./operation.ts";

export const GetBucketCors = operation({
  on: "bucket",
  method: "GET",
  query: { cors: true },
  action: "s3:GetBucketCORS",
  async handle({ bucket: { name, settings } }) {
    if (settings.cors === undefined) throw new S3Error("NoSuchCORSConfiguration", { elements: { BucketName: name } });
    return { body: { root: "CORSConfiguration", content: corsContent(settings.cors) } };
  },
});
