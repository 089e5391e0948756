/** DeleteBucket: only an empty one. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
import { S3Error } from "../errors.ts";
import { listPage } from "./listing.ts";
import { operation } from "./operation.ts";

export const DeleteBucket = operation({
  on: "bucket",
  method: "DELETE",
  action: "s3:DeleteBucket",
  async handle({ bucket }, services) {
    const page = { prefix: undefined, delimiter: undefined, after: undefined, limit: 1 };
    if (bucket.settings.takesOver && (await listPage(services, bucket, page)).entries.length > 0)
      throw new S3Error("BucketNotEmpty");
    await services.metadata.buckets.delete(bucket.id);
    return { status: 204 };
  },
});
