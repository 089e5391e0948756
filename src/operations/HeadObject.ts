/**
 * HeadObject: from metadata, always; never redirected. On a node it fails when the node's copy is known to be damaged,
 * and tells callers with a key how much room there is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
import { S3Error } from "../errors.ts";
import { operation } from "./operation.ts";
import { readObject } from "./read-object.ts";

export const HeadObject = operation({
  on: "storedObject",
  method: "HEAD",
  action: "s3:GetObject",
  async handle(call, services) {
    const { status, headers } = readObject(call, services.honoursEmbeddedHeaders);
    // A gateway asks a node in this way whether its copy is good.
    if (services.honoursEmbeddedHeaders && call.found.blob.replicas.every(({ state }) => state !== "verified"))
      throw new S3Error("ObjectCorrupt");
    const isGateway = services.honoursEmbeddedHeaders && call.caller.authentication === "header";
    return { status, headers: isGateway ? { ...headers, ...services.spaceHeaders() } : headers };
  },
  async handleComing(call) {
    const { status, headers } = readObject(call, false);
    return { status, headers };
  },
});
