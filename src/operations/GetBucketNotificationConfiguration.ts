/**
 * GetBucketNotificationConfiguration: nobody is told anything.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
 */
import { operation } from "./operation.ts";

export const GetBucketNotificationConfiguration = operation({
  on: "bucket",
  method: "GET",
  query: { notification: true },
  action: "s3:GetBucketNotification",
  async handle() {
    return { body: { root: "NotificationConfiguration", content: "" } };
  },
});
