/** CreateBucket. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
import { invalidArgument, notImplemented, S3Error } from "../errors.ts";
import type { Account, Acl, Bucket, BucketSettings } from "../model.ts";
import { checkBucketName } from "../protocol/address.ts";
import { refuseUnserved } from "../protocol/object-headers.ts";
import { type NewBucketCall, operation, type Services } from "./operation.ts";
import { readDocument } from "./read-document.ts";
import { aclOfHeaders, refusePublic } from "./requested-acl.ts";

/** In this region of S3, a CreateBucket that the owner repeats succeeds. */
const FORGIVING_REGION = "us-east-1";
const LOCATION = /^[A-Za-z0-9-]{1,64}$/;

export const CreateBucket = operation({
  on: "newBucket",
  method: "PUT",
  action: "s3:CreateBucket",
  async handle(call, services) {
    const { metadata, region } = services;
    const { account } = call.caller;
    if (account === undefined) throw new S3Error("AccessDenied");
    const name = checkBucketName(call.bucketName);
    refuseOptions(call);
    const settings = await readSettings(call, account, services);
    const location = await readLocation(call);
    const existing = region === FORGIVING_REGION ? await metadata.buckets.find(name) : undefined;
    if (existing?.owner.id !== account.id)
      await metadata.buckets.create({ name, accountId: account.id, location, settings });
    else await resetAcl(existing, settings.acl, services);
    return { headers: { Location: call.virtualHost ? "/" : `/${name}` } };
  },
});

/** When the owner creates a bucket again, S3 resets its ACL: to private when the request has none. */
async function resetAcl({ id, settings }: Bucket, acl: Acl | undefined, services: Services): Promise<void> {
  if (acl !== undefined && settings.ownership !== undefined) throw new S3Error("InvalidBucketAclWithObjectOwnership");
  refusePublic(acl, settings, services);
  if (acl === undefined && settings.acl === undefined) return;
  await services.metadata.buckets.updateSettings(id, ({ acl: _former, ...kept }) => ({ ...kept, ...(acl && { acl }) }));
}

function refuseOptions({ headers }: NewBucketCall): void {
  refuseUnserved(headers);
  if (headers["x-amz-bucket-object-lock-enabled"]?.toLowerCase() === "true")
    throw notImplemented("x-amz-bucket-object-lock-enabled");
}

async function readSettings(
  { headers }: NewBucketCall,
  owner: Account,
  services: Services,
): Promise<Pick<BucketSettings, "acl" | "ownership">> {
  const acl = await aclOfHeaders(headers, { of: "bucket", owner, bucket: { owner, settings: {} } }, services);
  const ownership = headers["x-amz-object-ownership"] ?? "ObjectWriter";
  if (ownership === "ObjectWriter") return acl === undefined ? {} : { acl };
  if (ownership === "BucketOwnerPreferred") throw notImplemented("x-amz-object-ownership");
  if (ownership !== "BucketOwnerEnforced")
    throw invalidArgument("x-amz-object-ownership", ownership, "Invalid x-amz-object-ownership header");
  if (acl !== undefined) throw new S3Error("InvalidBucketAclWithObjectOwnership");
  return { ownership };
}

/** As the client wrote it, "" when absent: GetBucketLocation returns it. */
async function readLocation(call: NewBucketCall): Promise<string> {
  const configuration = await readDocument(call, "CreateBucketConfiguration");
  if (configuration === undefined) return "";
  if (configuration.elements.some(({ name }) => name !== "LocationConstraint"))
    throw new S3Error("NotImplemented", {
      message: "Of a CreateBucketConfiguration, only the LocationConstraint is implemented.",
    });
  const location = configuration.text("LocationConstraint") ?? "";
  if (location !== "" && !LOCATION.test(location))
    throw new S3Error("InvalidLocationConstraint", { elements: { LocationConstraint: location } });
  return location;
}
