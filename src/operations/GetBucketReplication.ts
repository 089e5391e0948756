/**
 * GetBucketReplication: there is none. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html
 */
import { operation } from "./operation.ts";
import { refuseWith } from "./refuse-with.ts";

export const GetBucketReplication = operation({
  on: "bucket",
  method: "GET",
  query: { replication: true },
  action: "s3:GetReplicationConfiguration",
  handle: refuseWith("ReplicationConfigurationNotFoundError"),
});
