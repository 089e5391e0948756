/** The source of a copy: named by a header, found, readable by the caller; its conditions hold. */
import { S3Error } from "../errors.ts";
import type { Bucket, FoundObject } from "../model.ts";
import { checkCopySourceConditions } from "../protocol/conditions.ts";
import { parseCopySource } from "../protocol/copy-source.ts";
import { checkExpectedOwner } from "../protocol/expected-owner.ts";
import { checkVersionId } from "../protocol/object-headers.ts";
import type { ObjectCall, Services } from "./operation.ts";

/** Throws NoSuchBucket, AccessDenied, NoSuchKey, NoSuchVersion, PreconditionFailed. */
export async function findCopyOrigin({ caller, headers }: ObjectCall, services: Services): Promise<FoundObject> {
  const source = parseCopySource(headers["x-amz-copy-source"] ?? "");
  if (!services.inScope(caller, "s3:GetObject", source)) throw new S3Error("AccessDenied");
  const { bucket, found: here } = await services.metadata.objects.find(source.bucket, source.key);
  if (bucket === undefined) throw new S3Error("NoSuchBucket", { elements: { BucketName: source.bucket } });
  services.checkAccess(caller, "s3:GetObject", bucket, here?.object);
  checkExpectedOwner(headers, "x-amz-source-expected-bucket-owner", bucket);
  const found = here ?? (await comeHere(services, bucket, source.key));
  if (here === undefined) services.checkAccess(caller, "s3:GetObject", bucket, found.object);
  checkVersionId(source.versionId, source.key);
  checkCopySourceConditions(headers, found.object);
  return found;
}

/** An object of the bucket that this one takes over comes here to be copied. */
async function comeHere(services: Services, bucket: Bucket, key: string): Promise<FoundObject> {
  const found = await services.takeover.fetch(bucket, key);
  if (found === undefined) throw new S3Error("NoSuchKey", { elements: { Key: key } });
  return found;
}
