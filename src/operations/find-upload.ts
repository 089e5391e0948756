/** The upload that a request names by `uploadId`. */
import { S3Error } from "../errors.ts";
import type { Upload } from "../metadata/uploads.ts";
import type { ObjectCall, Services } from "./operation.ts";

/** Throws NoSuchUpload for one that is unknown, ended, or of another key; AccessDenied for another account's. */
export async function findUpload(call: ObjectCall, { metadata }: Services): Promise<Upload> {
  const { bucket, key, query } = call;
  const uploadId = query.get("uploadId") ?? "";
  const upload = await metadata.uploads.find(bucket.id, key, uploadId);
  if (upload === undefined) throw noSuchUpload(uploadId);
  checkInitiator(call, upload);
  return upload;
}

/**
 * Only its initiator and the bucket owner may use an upload: the object belongs to the initiator, whoever sends the
 * bytes.
 */
export function checkInitiator({ bucket, caller }: ObjectCall, { accountId }: Pick<Upload, "accountId">): void {
  if (caller.account?.id !== accountId && caller.account?.id !== bucket.owner.id) throw new S3Error("AccessDenied");
}

export function noSuchUpload(uploadId: string): S3Error {
  return new S3Error("NoSuchUpload", { elements: { UploadId: uploadId } });
}
