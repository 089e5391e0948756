/** The one access control list that may be set: full control for the owner, nothing for anybody else. Any other is NotImplemented. */
import { S3Error } from "../errors.ts";
import { refuseUnserved } from "../protocol/object-headers.ts";
import { readXml } from "../protocol/read-xml.ts";
import type { BucketCall } from "./operation.ts";
import { readBody } from "./read-body.ts";

/** Reads a canned ACL or an AccessControlPolicy. Throws NotImplemented when it grants anything to anybody but the owner. */
export async function acceptPrivateAcl(call: BucketCall): Promise<void> {
  refuseUnserved(call.headers);
  const text = await readBody(call);
  if (call.headers["x-amz-acl"] !== undefined) return;
  if (text === "") throw new S3Error("MissingSecurityHeader");
  const grants = readXml(text, "AccessControlPolicy")
    .children("AccessControlList")
    .flatMap((list) => list.children("Grant"));
  const owner = call.bucket.owner.name;
  const isOwners = grants.every((grant) => grant.text("Permission") === "FULL_CONTROL" && grant.children("Grantee")[0]?.text("ID") === owner);
  if (grants.length === 0 || !isOwners)
    throw new S3Error("NotImplemented", { message: "Only the owner can be granted access: other grants are not implemented." });
}
