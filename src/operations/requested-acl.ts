/** The access control list that a request asks for, and the owner of the object it makes. */
import { invalidArgument, S3Error } from "../errors.ts";
import type { Account, Acl, Bucket, BucketSettings, Grant, Grantee, HeaderFields, ObjectAttributes } from "../model.ts";
import { aclOfCanned, type CannedAcl, type RequestedGrant, readAclDocument, readAclHeaders } from "../protocol/acl.ts";
import type { BucketCall, ObjectCall, Services } from "./operation.ts";
import { readDocument } from "./read-document.ts";

/** The list's subject: the bucket or an object in it, and that subject's owner. */
export interface AclOwners {
  readonly of: "bucket" | "object";
  readonly owner: Account;
  readonly bucket: Pick<Bucket, "owner" | "settings">;
}

/**
 * The ACL in the headers; undefined: private. Throws what `readAclHeaders` throws, InvalidArgument for an unknown
 * account, AccessControlListNotSupported, AccessDenied for a public ACL where those are blocked.
 */
export async function aclOfHeaders(
  headers: HeaderFields,
  owners: AclOwners,
  services: Services,
): Promise<Acl | undefined> {
  const asked = readAclHeaders(headers, owners.of);
  return asked === undefined ? undefined : aclAsked(asked, owners, services);
}

/** The ACL of a PutBucketAcl or PutObjectAcl: in its headers or in its body, never in both. Undefined: private. */
export async function aclOfRequest(call: BucketCall, owners: AclOwners, services: Services): Promise<Acl | undefined> {
  const asked = readAclHeaders(call.headers, owners.of);
  const policy = await readDocument(call, "AccessControlPolicy");
  if (asked !== undefined) {
    if (policy !== undefined) throw new S3Error("UnexpectedContent");
    return aclAsked(asked, owners, services);
  }
  if (policy === undefined) throw new S3Error("MissingSecurityHeader");
  const { ownerId, grants } = readAclDocument(policy);
  // An ACL cannot change the owner.
  if (ownerId !== owners.owner.name) throw new S3Error("AccessDenied");
  return aclAsked(grants, owners, services);
}

async function aclAsked(
  asked: CannedAcl | readonly RequestedGrant[],
  owners: AclOwners,
  services: Services,
): Promise<Acl | undefined> {
  const acl = await resolveAcl(asked, owners, services);
  refusePublic(acl, owners.bucket.settings, services);
  return acl;
}

/** Throws AccessDenied for a public ACL where the gateway or the bucket blocks those. */
export function refusePublic(
  acl: Acl | undefined,
  { publicAccessBlock }: BucketSettings,
  { publicAccess }: Services,
): void {
  const isBlocked = publicAccess === "blocked" || publicAccessBlock?.blockPublicAcls === true;
  if (isBlocked && acl?.some(({ grantee }) => isPublic(grantee))) throw new S3Error("AccessDenied");
}

/** For S3 all authenticated users are public too; LogDelivery has no members here. */
function isPublic(grantee: Grantee): boolean {
  return "group" in grantee && grantee.group !== "LogDelivery";
}

async function resolveAcl(
  asked: CannedAcl | readonly RequestedGrant[],
  { owner, bucket }: AclOwners,
  services: Services,
): Promise<Acl | undefined> {
  if (
    bucket.settings.ownership === "BucketOwnerEnforced" &&
    asked !== "private" &&
    asked !== "bucket-owner-full-control"
  )
    throw new S3Error("AccessControlListNotSupported");
  if (typeof asked === "string") return aclOfCanned(asked, owner, bucket.owner);
  const accounts = await findAccounts(asked, services);
  const grants = new Map<string, Grant>();
  for (const { grantee, permission } of asked) {
    const known = "group" in grantee ? grantee : { account: accountNamed(accounts, grantee.id) };
    grants.set(`${permission} ${"group" in grantee ? grantee.group : `/${grantee.id}`}`, {
      grantee: known,
      permission,
    });
  }
  return [...grants.values()];
}

async function findAccounts(
  grants: readonly RequestedGrant[],
  { metadata }: Services,
): Promise<ReadonlyMap<string, Account>> {
  const ids = new Set(grants.flatMap(({ grantee }) => ("id" in grantee ? [grantee.id] : [])));
  const found = await Promise.all([...ids].map((id) => metadata.accounts.find(id)));
  return new Map(found.flatMap((account) => (account === undefined ? [] : [[account.name, account] as const])));
}

function accountNamed(accounts: ReadonlyMap<string, Account>, id: string): Account {
  const account = accounts.get(id);
  if (account === undefined) throw invalidArgument("CanonicalUser/ID", id, "Invalid id");
  return account;
}

/**
 * Owner and ACL of the object that a write makes. The object belongs to the account that writes it; after an anonymous
 * write, to the bucket's owner. Throws AccessDenied for tags from a caller who may not set them.
 */
export async function readAccess(
  call: ObjectCall,
  services: Services,
): Promise<Pick<ObjectAttributes, "acl" | "owner">> {
  const { bucket, caller, headers } = call;
  if (headers["x-amz-tagging"] !== undefined) services.checkAccess(caller, "s3:PutObjectTagging", bucket);
  const owner = caller.account ?? bucket.owner;
  const acl = await aclOfHeaders(headers, { of: "object", owner, bucket }, services);
  return { ...(acl && { acl }), ...(owner.id !== bucket.owner.id && { owner }) };
}
