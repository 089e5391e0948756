/** What a page of a test imports. */
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

export const sdk = { GetObjectCommand, ListObjectsV2Command, S3Client, Upload };
