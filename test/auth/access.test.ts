// Access decisions: an owner may do everything, others only what an ACL grants them.
import { describe, expect, it } from "vitest";
import { type Action, decide, type GuardedBucket, type GuardedObject } from "../../src/auth/access.ts";
import type { Account, Acl, Grantee, Permission, PublicAccess, PublicAccessBlock } from "../../src/model.ts";

const ann: Account = { id: 1, name: "ann" };
const bob: Account = { id: 2, name: "bob" };
const cas: Account = { id: 3, name: "cas" };
const CALLERS = { ann, bob, cas, anonymous: undefined };
type Who = keyof typeof CALLERS;

const everyone: Grantee = { group: "AllUsers" };
const members: Grantee = { group: "AuthenticatedUsers" };
const grant = (grantee: Grantee, ...permissions: readonly Permission[]): Acl =>
  permissions.map((permission) => ({ grantee, permission }));
const bucketOf = (acl?: Acl): GuardedBucket => ({ owner: ann, settings: acl === undefined ? {} : { acl } });
const objectOf = (acl?: Acl, owner?: Account): GuardedObject => ({
  attributes: { ...(acl && { acl }), ...(owner && { owner }) },
});

/** Those who may, of all callers. */
function whoMay(
  action: Action,
  bucket: GuardedBucket | undefined,
  object?: GuardedObject,
  publicAccess: PublicAccess = "allowed",
): Who[] {
  return (Object.keys(CALLERS) as Who[]).filter(
    (who) => decide(publicAccess, CALLERS[who], action, bucket, object) === "allow",
  );
}

const OF_BUCKET: readonly (readonly [Action, Permission])[] = [
  ["s3:ListBucket", "READ"],
  ["s3:ListBucketVersions", "READ"],
  ["s3:ListBucketMultipartUploads", "READ"],
  ["s3:PutObject", "WRITE"],
  ["s3:DeleteObject", "WRITE"],
  ["s3:AbortMultipartUpload", "WRITE"],
  ["s3:ListMultipartUploadParts", "WRITE"],
  ["s3:GetBucketAcl", "READ_ACP"],
  ["s3:PutBucketAcl", "WRITE_ACP"],
];
const OF_OBJECT: readonly (readonly [Action, Permission])[] = [
  ["s3:GetObject", "READ"],
  ["s3:GetObjectAttributes", "READ"],
  ["s3:GetObjectAcl", "READ_ACP"],
  ["s3:PutObjectAcl", "WRITE_ACP"],
];
const OWNERS_ALONE: readonly Action[] = [
  "s3:DeleteBucket",
  "s3:GetBucketLocation",
  "s3:GetBucketVersioning",
  "s3:GetBucketTagging",
  "s3:PutBucketTagging",
  "s3:GetObjectTagging",
  "s3:PutObjectTagging",
  "s3:DeleteObjectTagging",
  "s3:SomethingNew",
];
const OTHERS: readonly Permission[] = ["READ", "WRITE", "READ_ACP", "WRITE_ACP"];

describe("access to the service", () => {
  it("lets every account list and create its buckets, and anonymous callers neither", () => {
    for (const action of ["s3:ListAllMyBuckets", "s3:CreateBucket"] as const)
      expect(whoMay(action, undefined)).toEqual(["ann", "bob", "cas"]);
  });

  it("is denied to everybody for an action that needs a bucket", () => {
    expect(whoMay("s3:GetObject", undefined)).toEqual([]);
  });
});

describe("access to a bucket", () => {
  it.each(OF_BUCKET)("%s is allowed to the owner, and to others by %s and FULL_CONTROL only", (action, permission) => {
    expect(whoMay(action, bucketOf())).toEqual(["ann"]);
    expect(whoMay(action, bucketOf([]))).toEqual(["ann"]);
    for (const opening of [permission, "FULL_CONTROL"] as const) {
      expect(whoMay(action, bucketOf(grant({ account: bob }, opening)))).toEqual(["ann", "bob"]);
      expect(whoMay(action, bucketOf(grant(members, opening)))).toEqual(["ann", "bob", "cas"]);
      expect(whoMay(action, bucketOf(grant(everyone, opening)))).toEqual(["ann", "bob", "cas", "anonymous"]);
    }
    expect(whoMay(action, bucketOf(grant(everyone, ...OTHERS.filter((other) => other !== permission))))).toEqual([
      "ann",
    ]);
  });

  it.each(OWNERS_ALONE)("%s is allowed to its owner only, whatever the bucket and the object grant", (action) => {
    const all = grant(everyone, "FULL_CONTROL");
    expect(whoMay(action, bucketOf(all))).toEqual(["ann"]);
    expect(whoMay(action, bucketOf(all), objectOf(all, bob))).toEqual(["ann"]);
  });

  it("is not allowed by a grant to the log delivery group, which has no members", () => {
    expect(whoMay("s3:PutObject", bucketOf(grant({ group: "LogDelivery" }, "WRITE")))).toEqual(["ann"]);
  });

  it("does not depend on the object's list", () => {
    expect(whoMay("s3:PutObject", bucketOf(), objectOf(grant(everyone, "FULL_CONTROL")))).toEqual(["ann"]);
    expect(whoMay("s3:DeleteObject", bucketOf(), objectOf(undefined, bob))).toEqual(["ann"]);
  });
});

describe("grants to the public", () => {
  const open = grant(everyone, "FULL_CONTROL");
  const among = [...open, ...grant(members, "READ"), ...grant({ account: bob }, "READ")];
  const off: PublicAccessBlock = {
    blockPublicAcls: false,
    ignorePublicAcls: false,
    blockPublicPolicy: false,
    restrictPublicBuckets: false,
  };
  const blocking = (block: PublicAccessBlock, acl: Acl): GuardedBucket => ({
    owner: ann,
    settings: { acl, publicAccessBlock: block },
  });

  it("do not count at a gateway that blocks them; those to accounts do", () => {
    expect(whoMay("s3:ListBucket", bucketOf(among), undefined, "blocked")).toEqual(["ann", "bob"]);
    expect(whoMay("s3:PutObject", bucketOf(open), undefined, "blocked")).toEqual(["ann"]);
    expect(whoMay("s3:GetObject", bucketOf(open), objectOf(among), "blocked")).toEqual(["ann", "bob"]);
    expect(whoMay("s3:GetObject", bucketOf(open), undefined, "blocked")).toEqual(["ann"]);
  });

  it("do not count in a bucket that ignores them, nor on its objects", () => {
    const ignoring = (acl: Acl) => blocking({ ...off, ignorePublicAcls: true }, acl);
    expect(whoMay("s3:ListBucket", ignoring(among))).toEqual(["ann", "bob"]);
    expect(whoMay("s3:GetObject", ignoring(open), objectOf(among))).toEqual(["ann", "bob"]);
    expect(whoMay("s3:GetObject", ignoring(open), objectOf(open, cas))).toEqual(["cas"]);
  });

  it("count under the three other settings, which are about requests and policies", () => {
    const others = { ...off, blockPublicAcls: true, blockPublicPolicy: true, restrictPublicBuckets: true };
    expect(whoMay("s3:ListBucket", blocking(others, open))).toEqual(["ann", "bob", "cas", "anonymous"]);
  });

  it("do not count at a gateway that blocks them, whatever the bucket says", () => {
    expect(whoMay("s3:ListBucket", blocking(off, open), undefined, "blocked")).toEqual(["ann"]);
  });
});

describe("access to an object", () => {
  it.each(OF_OBJECT)(
    "%s is the owner's, and is opened by %s and FULL_CONTROL of the object alone",
    (action, permission) => {
      const open = bucketOf(grant(everyone, "FULL_CONTROL"));
      expect(whoMay(action, open, objectOf())).toEqual(["ann"]);
      expect(whoMay(action, open, objectOf([]))).toEqual(["ann"]);
      for (const opening of [permission, "FULL_CONTROL"] as const) {
        expect(whoMay(action, bucketOf(), objectOf(grant({ account: bob }, opening)))).toEqual(["ann", "bob"]);
        expect(whoMay(action, bucketOf(), objectOf(grant(members, opening)))).toEqual(["ann", "bob", "cas"]);
        expect(whoMay(action, bucketOf(), objectOf(grant(everyone, opening)))).toEqual([
          "ann",
          "bob",
          "cas",
          "anonymous",
        ]);
      }
      expect(
        whoMay(action, open, objectOf(grant(everyone, ...OTHERS.filter((other) => other !== permission)))),
      ).toEqual(["ann"]);
    },
  );

  it.each(OF_OBJECT)(
    "%s of what another account wrote is that account's, not the bucket owner's, unless granted",
    (action, permission) => {
      expect(whoMay(action, bucketOf(), objectOf(undefined, bob))).toEqual(["bob"]);
      expect(whoMay(action, bucketOf(), objectOf(grant({ account: ann }, permission), bob))).toEqual(["ann", "bob"]);
    },
  );

  it.each(OF_OBJECT)(
    "%s of a missing object is answered as listing the bucket is: only then may absence be told",
    (action) => {
      expect(whoMay(action, bucketOf())).toEqual(["ann"]);
      expect(whoMay(action, bucketOf(grant({ account: bob }, "READ")))).toEqual(["ann", "bob"]);
      expect(whoMay(action, bucketOf(grant(everyone, "WRITE", "READ_ACP", "WRITE_ACP")))).toEqual(["ann"]);
    },
  );
});
