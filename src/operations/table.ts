/**
 * The list of operations: one line each, sorted; the key is S3's name. Operations on settings that cannot be set here
 * are in never-set.ts.
 */
import { AbortMultipartUpload } from "./AbortMultipartUpload.ts";
import { CompleteMultipartUpload } from "./CompleteMultipartUpload.ts";
import { CopyObject } from "./CopyObject.ts";
import { CreateBucket } from "./CreateBucket.ts";
import { CreateMultipartUpload } from "./CreateMultipartUpload.ts";
import { DeleteBucket } from "./DeleteBucket.ts";
import { DeleteBucketCors } from "./DeleteBucketCors.ts";
import { DeleteBucketTagging } from "./DeleteBucketTagging.ts";
import { DeleteObject } from "./DeleteObject.ts";
import { DeleteObjects } from "./DeleteObjects.ts";
import { DeleteObjectTagging } from "./DeleteObjectTagging.ts";
import { DeletePublicAccessBlock } from "./DeletePublicAccessBlock.ts";
import { GetBucketAcl } from "./GetBucketAcl.ts";
import { GetBucketCors } from "./GetBucketCors.ts";
import { GetBucketLocation } from "./GetBucketLocation.ts";
import { GetBucketTagging } from "./GetBucketTagging.ts";
import { GetObject } from "./GetObject.ts";
import { GetObjectAcl } from "./GetObjectAcl.ts";
import { GetObjectAttributes } from "./GetObjectAttributes.ts";
import { GetObjectTagging } from "./GetObjectTagging.ts";
import { GetPublicAccessBlock } from "./GetPublicAccessBlock.ts";
import { HeadBucket } from "./HeadBucket.ts";
import { HeadObject } from "./HeadObject.ts";
import { ListBuckets } from "./ListBuckets.ts";
import { ListMultipartUploads } from "./ListMultipartUploads.ts";
import { ListObjects } from "./ListObjects.ts";
import { ListObjectsV2 } from "./ListObjectsV2.ts";
import { ListObjectVersions } from "./ListObjectVersions.ts";
import { ListParts } from "./ListParts.ts";
import { neverSet } from "./never-set.ts";
import type { AnyOperation } from "./operation.ts";
import { PutBucketAcl } from "./PutBucketAcl.ts";
import { PutBucketCors } from "./PutBucketCors.ts";
import { PutBucketTagging } from "./PutBucketTagging.ts";
import { PutObject } from "./PutObject.ts";
import { PutObjectAcl } from "./PutObjectAcl.ts";
import { PutObjectTagging } from "./PutObjectTagging.ts";
import { PutPublicAccessBlock } from "./PutPublicAccessBlock.ts";
import { UploadPart } from "./UploadPart.ts";
import { UploadPartCopy } from "./UploadPartCopy.ts";

export const operations = {
  AbortMultipartUpload,
  CompleteMultipartUpload,
  CopyObject,
  CreateBucket,
  CreateMultipartUpload,
  DeleteBucket,
  DeleteBucketCors,
  DeleteBucketTagging,
  DeleteObject,
  DeleteObjectTagging,
  DeleteObjects,
  DeletePublicAccessBlock,
  GetBucketAcl,
  GetBucketCors,
  GetBucketLocation,
  GetBucketTagging,
  GetObject,
  GetObjectAcl,
  GetObjectAttributes,
  GetObjectTagging,
  GetPublicAccessBlock,
  HeadBucket,
  HeadObject,
  ListBuckets,
  ListMultipartUploads,
  ListObjectVersions,
  ListObjects,
  ListObjectsV2,
  ListParts,
  PutBucketAcl,
  PutBucketCors,
  PutBucketTagging,
  PutObject,
  PutObjectAcl,
  PutObjectTagging,
  PutPublicAccessBlock,
  UploadPart,
  UploadPartCopy,
  ...neverSet,
} satisfies Record<string, AnyOperation>;
