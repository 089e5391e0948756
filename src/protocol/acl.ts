/**
 * Access control lists on the wire: canned names, `x-amz-grant-*` headers and AccessControlPolicy documents, in and
 * out. Whom an id names is not decided here: a request's grants carry ids as text.
 */
import { invalidArgument, notImplemented, S3Error } from "../errors.ts";
import type { Account, Acl, Grant, Grantee, HeaderFields, Permission } from "../model.ts";
import { trimBlanks } from "./blanks.ts";
import type { XmlElement } from "./read-xml.ts";
import type { XmlContent } from "./xml.ts";

type Group = Extract<Grantee, { readonly group: string }>["group"];

const CANNED_OF_BOTH = [
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
] as const;
const CANNED_OF_BUCKET = "log-delivery-write";
export type CannedAcl = (typeof CANNED_OF_BOTH)[number] | typeof CANNED_OF_BUCKET;

/** A grant as a client writes it: to a group, or to an account by its id. */
export interface RequestedGrant {
  readonly grantee: { readonly id: string } | { readonly group: Group };
  readonly permission: Permission;
}

const GROUPS: Readonly<Record<Group, string>> = {
  AllUsers: "http://acs.amazonaws.com/groups/global/AllUsers",
  AuthenticatedUsers: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
  LogDelivery: "http://acs.amazonaws.com/groups/s3/LogDelivery",
};
const PERMISSIONS: readonly Permission[] = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
const GRANT_HEADERS = PERMISSIONS.map(
  (permission) => [permission, `x-amz-grant-${permission.toLowerCase().replace("_", "-")}`] as const,
);
const MAX_GRANTS = 100;

/**
 * What the headers ask for; undefined: they say nothing. Throws InvalidArgument, InvalidRequest for a canned ACL beside
 * grants, NotImplemented for aws-exec-read, UnresolvableGrantByEmailAddress.
 */
export function readAclHeaders(
  headers: HeaderFields,
  of: "bucket" | "object",
): CannedAcl | readonly RequestedGrant[] | undefined {
  const canned = headers["x-amz-acl"];
  const grants = readGrantHeaders(headers);
  if (canned === undefined) return grants;
  if (grants !== undefined)
    throw new S3Error("InvalidRequest", { message: "Specifying both Canned ACLs and Header Grants is not allowed" });
  if (of === "bucket" && canned === CANNED_OF_BUCKET) return canned;
  const known = CANNED_OF_BOTH.find((name) => name === canned);
  if (known !== undefined) return known;
  throw canned === "aws-exec-read"
    ? notImplemented("x-amz-acl")
    : invalidArgument("x-amz-acl", canned, "Invalid Argument");
}

function readGrantHeaders(headers: HeaderFields): readonly RequestedGrant[] | undefined {
  let grants: RequestedGrant[] | undefined;
  for (const [permission, name] of GRANT_HEADERS) {
    const text = headers[name];
    if (text === undefined) continue;
    grants ??= [];
    for (const grantee of readGrantees(name, text)) grants.push({ grantee, permission });
  }
  return grants && checkCount(grants);
}

// Two neighbouring parts never match the same character: else it would take quadratic time or worse.
const GRANTEE_TEXT = /[ \t]*(id|uri|emailAddress)[ \t]*=(?:[ \t]*"([^"]*)"[ \t]*|([^",]*))(?:,|$)/iy;

function readGrantees(name: string, text: string): readonly RequestedGrant["grantee"][] {
  const grantees: RequestedGrant["grantee"][] = [];
  GRANTEE_TEXT.lastIndex = 0;
  while (GRANTEE_TEXT.lastIndex < text.length || grantees.length === 0) {
    const [whole, kind, quoted, plain] = GRANTEE_TEXT.exec(text) ?? [];
    if (whole === undefined) throw invalidArgument(name, text, "Argument format not recognized");
    const value = quoted ?? trimBlanks(plain ?? "");
    if (kind?.toLowerCase() === "id") grantees.push({ id: value });
    else if (kind?.toLowerCase() === "uri") grantees.push({ group: groupOf(value) });
    else throw unresolvable(value);
  }
  return grantees;
}

/**
 * An AccessControlPolicy. Throws MalformedXML, MalformedACLError for an unknown permission, a missing owner or grantee
 * and too many grants, InvalidArgument for an unknown group, UnresolvableGrantByEmailAddress.
 */
export function readAclDocument(policy: XmlElement): {
  readonly ownerId: string;
  readonly grants: readonly RequestedGrant[];
} {
  const ownerId = policy.child("Owner")?.text("ID");
  const list = policy.child("AccessControlList");
  if (ownerId === undefined || list === undefined) throw new S3Error("MalformedACLError");
  return { ownerId, grants: checkCount(list.children("Grant").map(readGrant)) };
}

function readGrant(element: XmlElement): RequestedGrant {
  const grantee = element.child("Grantee");
  const permission = PERMISSIONS.find((name) => name === element.text("Permission"));
  if (grantee === undefined || permission === undefined) throw new S3Error("MalformedACLError");
  const [id, uri, email] = [grantee.text("ID"), grantee.text("URI"), grantee.text("EmailAddress")];
  if ([id, uri, email].filter((value) => value !== undefined).length !== 1) throw new S3Error("MalformedACLError");
  if (email !== undefined) throw unresolvable(email);
  return { grantee: id === undefined ? { group: groupOf(uri ?? "") } : { id }, permission };
}

function checkCount(grants: readonly RequestedGrant[]): readonly RequestedGrant[] {
  if (grants.length > MAX_GRANTS) throw new S3Error("MalformedACLError");
  return grants;
}

function groupOf(uri: string): Group {
  for (const group of ["AllUsers", "AuthenticatedUsers", "LogDelivery"] as const)
    if (GROUPS[group] === uri) return group;
  throw invalidArgument("uri", uri, "Invalid group uri");
}

function unresolvable(email: string): S3Error {
  return new S3Error("UnresolvableGrantByEmailAddress", { elements: { EmailAddress: email } });
}

/** What a canned name stands for; undefined: private. For a bucket, `owner` and `bucketOwner` are the same account. */
export function aclOfCanned(canned: CannedAcl, owner: Account, bucketOwner: Account): Acl | undefined {
  const more = grantsOfCanned(canned, owner, bucketOwner);
  return more.length === 0 ? undefined : [...ownerOnly(owner), ...more];
}

function grantsOfCanned(canned: CannedAcl, owner: Account, bucketOwner: Account): Acl {
  const to = (grantee: Grantee, ...permissions: readonly Permission[]): Grant[] =>
    permissions.map((permission) => ({ grantee, permission }));
  switch (canned) {
    case "private":
      return [];
    case "public-read":
      return to({ group: "AllUsers" }, "READ");
    case "public-read-write":
      return to({ group: "AllUsers" }, "READ", "WRITE");
    case "authenticated-read":
      return to({ group: "AuthenticatedUsers" }, "READ");
    case "bucket-owner-read":
      return bucketOwner.id === owner.id ? [] : to({ account: bucketOwner }, "READ");
    case "bucket-owner-full-control":
      return bucketOwner.id === owner.id ? [] : to({ account: bucketOwner }, "FULL_CONTROL");
    case "log-delivery-write":
      return to({ group: "LogDelivery" }, "WRITE", "READ_ACP");
  }
}

function ownerOnly(owner: Account): Acl {
  return [{ grantee: { account: owner }, permission: "FULL_CONTROL" }];
}

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/**
 * The content of an AccessControlPolicy. Groups come first: the order means nothing, and some clients expect this one.
 */
export function aclContent(owner: Account, acl: Acl = ownerOnly(owner)): XmlContent {
  const groups = acl.filter(({ grantee }) => "group" in grantee);
  const accounts = acl.filter(({ grantee }) => "account" in grantee);
  return { Owner: accountContent(owner), AccessControlList: { Grant: [...groups, ...accounts].map(grantContent) } };
}

function grantContent({ grantee, permission }: Grant): XmlContent {
  if ("group" in grantee)
    return { [`Grantee ${XSI} xsi:type="Group"`]: { URI: GROUPS[grantee.group] }, Permission: permission };
  return { [`Grantee ${XSI} xsi:type="CanonicalUser"`]: accountContent(grantee.account), Permission: permission };
}

function accountContent({ name }: Account): XmlContent {
  return { ID: name, DisplayName: name };
}
