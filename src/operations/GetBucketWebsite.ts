/** GetBucketWebsite: there is none. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetBucketWebsite = operation({
  on: "bucket",
  method: "GET",
  query: { website: true },
  action: "s3:GetBucketWebsite",
  handle: refuseWith("NoSuchWebsiteConfiguration"),
});
