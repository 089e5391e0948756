/**
 * May this account do this? Pure, S3's rules: an owner may do everything with what it owns; others what an access
 * control list grants them; what no list can grant is the bucket owner's alone. Grants to everybody count only while
 * neither the gateway nor the bucket says otherwise. A statement of a bucket policy would be asked first, in `decide`.
 */
import type { Account, Acl, Bucket, Grantee, ObjectAttributes, Permission, PublicAccess } from "../model.ts";

export type Decision = "allow" | "deny";
export type Action = `s3:${string}`;

/** Actions on the service itself. They have no bucket with an owner, and every account may do them. */
const SERVICE_ACTIONS: ReadonlySet<Action> = new Set<Action>(["s3:ListAllMyBuckets", "s3:CreateBucket"]);

/** What a grant on the bucket opens. */
const OF_BUCKET: ReadonlyMap<Action, Permission> = new Map<Action, Permission>([
  ["s3:ListBucket", "READ"],
  ["s3:ListBucketVersions", "READ"],
  ["s3:ListBucketMultipartUploads", "READ"],
  ["s3:PutObject", "WRITE"],
  ["s3:DeleteObject", "WRITE"],
  ["s3:AbortMultipartUpload", "WRITE"],
  ["s3:ListMultipartUploadParts", "WRITE"],
  ["s3:GetBucketAcl", "READ_ACP"],
  ["s3:PutBucketAcl", "WRITE_ACP"],
]);

/** What a grant on the object opens. */
const OF_OBJECT: ReadonlyMap<Action, Permission> = new Map<Action, Permission>([
  ["s3:GetObject", "READ"],
  ["s3:GetObjectAttributes", "READ"],
  ["s3:GetObjectAcl", "READ_ACP"],
  ["s3:PutObjectAcl", "WRITE_ACP"],
]);

/** What access depends on, of a bucket and of an object in it. */
export type GuardedBucket = Pick<Bucket, "owner" | "settings">;
export interface GuardedObject {
  readonly attributes: Pick<ObjectAttributes, "acl" | "owner">;
}

/**
 * `publicAccess`: the gateway's, for every bucket. `caller`: undefined for an anonymous request. `bucket`: undefined
 * when the action has none. `object`: what stands under the key the action is for; of a missing one only whoever may
 * list the bucket may hear.
 */
export function decide(
  publicAccess: PublicAccess,
  caller: Account | undefined,
  action: Action,
  bucket: GuardedBucket | undefined,
  object?: GuardedObject,
): Decision {
  if (bucket === undefined) return caller !== undefined && SERVICE_ACTIONS.has(action) ? "allow" : "deny";
  const { acl: ofBucket, publicAccessBlock } = bucket.settings;
  const isOpen = publicAccess === "allowed" && publicAccessBlock?.ignorePublicAcls !== true;
  const counted = (acl: Acl | undefined) => (isOpen ? acl : acl?.filter(({ grantee }) => "account" in grantee));
  const permission = OF_OBJECT.get(action);
  if (permission === undefined) return decideBy(caller, bucket.owner, counted(ofBucket), OF_BUCKET.get(action));
  if (object === undefined) return decideBy(caller, bucket.owner, counted(ofBucket), "READ");
  const { owner = bucket.owner, acl } = object.attributes;
  return decideBy(caller, owner, counted(acl), permission);
}

/** `permission` undefined: no list can grant it. */
function decideBy(
  caller: Account | undefined,
  owner: Account,
  acl: Acl | undefined,
  permission: Permission | undefined,
): Decision {
  if (caller?.id === owner.id) return "allow";
  if (acl === undefined || permission === undefined) return "deny";
  const granted = acl.some(
    (grant) =>
      (grant.permission === permission || grant.permission === "FULL_CONTROL") && includes(grant.grantee, caller),
  );
  return granted ? "allow" : "deny";
}

function includes(grantee: Grantee, caller: Account | undefined): boolean {
  if ("account" in grantee) return grantee.account.id === caller?.id;
  return grantee.group === "AllUsers" || (grantee.group === "AuthenticatedUsers" && caller !== undefined);
}
