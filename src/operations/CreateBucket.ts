/** CreateBucket. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
import { S3Error } from "../errors.ts";
import { checkBucketName } from "../protocol/address.ts";
import { notImplemented } from "../protocol/conditions.ts";
import { refuseUnserved } from "../protocol/object-headers.ts";
import { readXml } from "../protocol/read-xml.ts";
import { type NewBucketCall, operation } from "./operation.ts";
import { readBody } from "./read-body.ts";

/** The region whose S3 answers a repeated CreateBucket by the owner with success. */
const FORGIVING_REGION = "us-east-1";
const LOCATION = /^[A-Za-z0-9-]{1,64}$/;

export const CreateBucket = operation({
  on: "newBucket",
  method: "PUT",
  action: "s3:CreateBucket",
  async handle(call, { metadata, region }) {
    const { account } = call.caller;
    if (account === undefined) throw new S3Error("AccessDenied");
    const name = checkBucketName(call.bucketName);
    refuseOptions(call);
    const location = await readLocation(call);
    const existing = region === FORGIVING_REGION ? await metadata.buckets.find(name) : undefined;
    if (existing?.owner.id !== account.id) await metadata.buckets.create({ name, accountId: account.id, location, settings: {} });
    return { headers: { Location: call.virtualHost ? "/" : `/${name}` } };
  },
});

function refuseOptions({ headers }: NewBucketCall): void {
  refuseUnserved(headers);
  if (headers["x-amz-bucket-object-lock-enabled"]?.toLowerCase() === "true") throw notImplemented("x-amz-bucket-object-lock-enabled");
  const ownership = headers["x-amz-object-ownership"];
  if (ownership !== undefined && ownership !== "BucketOwnerEnforced") throw notImplemented("x-amz-object-ownership");
}

/** As the client wrote it, "" when it wrote none: GetBucketLocation gives it back. */
async function readLocation(call: NewBucketCall): Promise<string> {
  const text = await readBody(call);
  if (text === "") return "";
  const configuration = readXml(text, "CreateBucketConfiguration");
  if (configuration.elements.some(({ name }) => name !== "LocationConstraint"))
    throw new S3Error("NotImplemented", { message: "Of a CreateBucketConfiguration, only the LocationConstraint is implemented." });
  const location = configuration.text("LocationConstraint") ?? "";
  if (location !== "" && !LOCATION.test(location)) throw new S3Error("InvalidLocationConstraint", { elements: { LocationConstraint: location } });
  return location;
}
