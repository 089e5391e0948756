/**
 * Operations that read settings which cannot be set here. They give S3's answer for a setting that was never made, an
 * error or a document, not NotImplemented, because many clients ask. One line per operation, by S3's name; its page is
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ followed by that name.
 */
import { S3Error, type S3ErrorCode } from "../errors.ts";
import type { XmlContent } from "../protocol/xml.ts";
import { type Operation, operation, type Reply, type S3Action } from "./operation.ts";

export const neverSet = {
  GetBucketEncryption: unset(
    "encryption",
    "s3:GetEncryptionConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
  ),
  GetBucketLifecycleConfiguration: unset("lifecycle", "s3:GetLifecycleConfiguration", "NoSuchLifecycleConfiguration"),
  GetBucketLogging: constant("logging", "s3:GetBucketLogging", "BucketLoggingStatus"),
  GetBucketNotificationConfiguration: constant("notification", "s3:GetBucketNotification", "NotificationConfiguration"),
  GetBucketPolicy: unset("policy", "s3:GetBucketPolicy", "NoSuchBucketPolicy"),
  GetBucketPolicyStatus: unset("policyStatus", "s3:GetBucketPolicyStatus", "NoSuchBucketPolicy"),
  GetBucketReplication: unset("replication", "s3:GetReplicationConfiguration", "ReplicationConfigurationNotFoundError"),
  GetBucketRequestPayment: constant("requestPayment", "s3:GetBucketRequestPayment", "RequestPaymentConfiguration", {
    Payer: "BucketOwner",
  }),
  GetBucketVersioning: constant("versioning", "s3:GetBucketVersioning", "VersioningConfiguration"),
  GetBucketWebsite: unset("website", "s3:GetBucketWebsite", "NoSuchWebsiteConfiguration"),
  GetObjectLegalHold: unlockable("GET", "legal-hold", "s3:GetObjectLegalHold"),
  GetObjectLockConfiguration: unset(
    "object-lock",
    "s3:GetBucketObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
  ),
  GetObjectRetention: unlockable("GET", "retention", "s3:GetObjectRetention"),
  PutObjectLegalHold: unlockable("PUT", "legal-hold", "s3:PutObjectLegalHold"),
  PutObjectLockConfiguration: operation({
    on: "bucket",
    method: "PUT",
    query: { "object-lock": true },
    action: "s3:PutBucketObjectLockConfiguration",
    handle: refuse("InvalidBucketState"),
  }),
  PutObjectRetention: unlockable("PUT", "retention", "s3:PutObjectRetention"),
};

/** GET of a bucket's configuration: S3's error for one that was never set. */
function unset(subresource: string, action: S3Action, code: S3ErrorCode): Operation<"bucket"> {
  return operation({ on: "bucket", method: "GET", query: { [subresource]: true }, action, handle: refuse(code) });
}

/** GET of a configuration that every bucket has: S3's document for its default. */
function constant(subresource: string, action: S3Action, root: string, content: XmlContent = ""): Operation<"bucket"> {
  const handle = async (): Promise<Reply> => ({ body: { root, content } });
  return operation({ on: "bucket", method: "GET", query: { [subresource]: true }, action, handle });
}

/** An object's lock: S3 allows one only in a bucket created with object lock, and no bucket here is. */
function unlockable(method: "GET" | "PUT", subresource: string, action: S3Action): Operation<"storedObject"> {
  const handle = refuse("InvalidRequest", "Bucket is missing Object Lock Configuration");
  return operation({ on: "storedObject", method, query: { [subresource]: true }, action, handle });
}

function refuse(code: S3ErrorCode, message?: string): () => Promise<never> {
  return async () => {
    throw new S3Error(code, message === undefined ? {} : { message });
  };
}
