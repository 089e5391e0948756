/**
 * S3's subresources, by bucket or object. A subresource without an operation is refused by name, never ignored: a GET
 * of `?torrent` is not a GetObject.
 */

/** The name of S3's operation, or of the family of operations, behind a query parameter. */
type Names = Readonly<Record<string, string>>;

export const BUCKET_SUBRESOURCES: Names = {
  abac: "BucketAbac",
  accelerate: "BucketAccelerateConfiguration",
  acl: "BucketAcl",
  analytics: "BucketAnalyticsConfiguration",
  cors: "BucketCors",
  delete: "DeleteObjects",
  encryption: "BucketEncryption",
  "intelligent-tiering": "BucketIntelligentTieringConfiguration",
  inventory: "BucketInventoryConfiguration",
  lifecycle: "BucketLifecycleConfiguration",
  location: "BucketLocation",
  logging: "BucketLogging",
  metadataConfiguration: "BucketMetadataConfiguration",
  metadataInventoryTable: "BucketMetadataInventoryTableConfiguration",
  metadataJournalTable: "BucketMetadataJournalTableConfiguration",
  metadataTable: "BucketMetadataTableConfiguration",
  metrics: "BucketMetricsConfiguration",
  notification: "BucketNotificationConfiguration",
  "object-lock": "ObjectLockConfiguration",
  ownershipControls: "BucketOwnershipControls",
  policy: "BucketPolicy",
  policyStatus: "BucketPolicyStatus",
  publicAccessBlock: "PublicAccessBlock",
  replication: "BucketReplication",
  requestPayment: "BucketRequestPayment",
  session: "CreateSession",
  tagging: "BucketTagging",
  uploads: "ListMultipartUploads",
  versioning: "BucketVersioning",
  versions: "ListObjectVersions",
  website: "BucketWebsite",
};

export const OBJECT_SUBRESOURCES: Names = {
  acl: "ObjectAcl",
  annotation: "ObjectAnnotation",
  append: "AppendObject",
  attributes: "ObjectAttributes",
  encryption: "ObjectEncryption",
  "legal-hold": "ObjectLegalHold",
  renameObject: "RenameObject",
  restore: "RestoreObject",
  retention: "ObjectRetention",
  select: "SelectObjectContent",
  tagging: "ObjectTagging",
  torrent: "ObjectTorrent",
  uploadId: "MultipartUpload",
  uploads: "CreateMultipartUpload",
};
