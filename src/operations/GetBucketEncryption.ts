/** GetBucketEncryption: there is none. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetBucketEncryption = operation({
  on: "bucket",
  method: "GET",
  query: { encryption: true },
  action: "s3:GetEncryptionConfiguration",
  handle: refuseWith("ServerSideEncryptionConfigurationNotFoundError"),
});
