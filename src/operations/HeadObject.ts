/**
 * HeadObject: from metadata, always; never redirected.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
import { operation } from "./operation.ts";
import { readObject } from "./read-object.ts";

export const HeadObject = operation({
  on: "storedObject",
  method: "HEAD",
  action: "s3:GetObject",
  async handle(call, services) {
    const { status, headers } = readObject(call, services.honoursEmbeddedHeaders);
    return { status, headers };
  },
});
