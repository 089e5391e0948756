/** The upload that a request names by `uploadId`. */
import { S3Error } from "../errors.ts";
import type { Upload } from "../metadata/uploads.ts";
import type { ObjectCall, Services } from "./operation.ts";

/** Throws NoSuchUpload for one that is unknown, ended, or of another key. */
export async function findUpload({ bucket, key, query }: ObjectCall, { metadata }: Services): Promise<Upload> {
  const uploadId = query.get("uploadId") ?? "";
  const upload = await metadata.uploads.find(bucket.id, key, uploadId);
  if (upload === undefined) throw noSuchUpload(uploadId);
  return upload;
}

export function noSuchUpload(uploadId: string): S3Error {
  return new S3Error("NoSuchUpload", { elements: { UploadId: uploadId } });
}
