/**
 * What S3's rules let a caller of the API do: what its access key leaves, then what its account may. Here are the same
 * questions in the same order as for a request of S3, with the same refusals.
 */
import { type Action, decide, type GuardedObject } from "../auth/access.ts";
import { scopeAllows } from "../auth/key-scope.ts";
import { S3Error } from "../errors.ts";
import type { Bucket, FoundObject } from "../model.ts";
import type { ApiCaller } from "./api-operation.ts";
import type { ApiServices } from "./services.ts";

interface Named {
  readonly bucket: string;
  readonly key?: string;
  readonly prefix?: string;
}

/** Throws AccessDenied. Names alone decide: it is asked before anything is looked up. */
function checkScope({ scope }: ApiCaller, action: Action, named: Named): void {
  if (!scopeAllows(scope, action, named)) throw new S3Error("AccessDenied");
}

/** Throws AccessDenied. `object` undefined: there is none, which only whoever may list the bucket may learn. */
export function checkAccess(
  { facts }: Pick<ApiServices, "facts">,
  { account }: ApiCaller,
  action: Action,
  bucket: Bucket,
  object?: GuardedObject,
): void {
  if (decide(facts.publicAccess, account, action, bucket, object) !== "allow") throw new S3Error("AccessDenied");
}

/** Throws NoSuchBucket. As in S3, whether a name is taken is told to everybody whose access key reaches that far. */
export async function bucketNamed({ metadata }: Pick<ApiServices, "metadata">, name: string): Promise<Bucket> {
  const bucket = await metadata.buckets.find(name);
  if (bucket === undefined) throw noSuchBucket(name);
  return bucket;
}

function noSuchBucket(name: string): S3Error {
  return new S3Error("NoSuchBucket", { elements: { BucketName: name } });
}

/** The bucket, where the action on what is named is allowed. Throws AccessDenied, NoSuchBucket. */
export async function findBucket(
  services: Pick<ApiServices, "facts" | "metadata">,
  caller: ApiCaller,
  action: Action,
  named: Named,
): Promise<Bucket> {
  checkScope(caller, action, named);
  const bucket = await bucketNamed(services, named.bucket);
  checkAccess(services, caller, action, bucket);
  return bucket;
}

/** An object that the caller may read. Throws AccessDenied, NoSuchBucket, NoSuchKey. */
export async function findReadable(
  services: Pick<ApiServices, "facts" | "metadata">,
  caller: ApiCaller,
  { bucket: name, key }: { readonly bucket: string; readonly key: string },
): Promise<FoundObject> {
  checkScope(caller, "s3:GetObject", { bucket: name, key });
  const { bucket, found } = await services.metadata.objects.find(name, key);
  if (bucket === undefined) throw noSuchBucket(name);
  checkAccess(services, caller, "s3:GetObject", bucket, found?.object);
  if (found === undefined) throw new S3Error("NoSuchKey", { elements: { Key: key } });
  return found;
}
