/**
 * DeleteObject: succeeds even when there is no object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
import { bringDoomed } from "./bring-doomed.ts";
import { readDeleteCondition } from "./delete-condition.ts";
import { operation } from "./operation.ts";

export const DeleteObject = operation({
  on: "object",
  method: "DELETE",
  action: "s3:DeleteObject",
  async handle({ bucket, key, headers, query }, services) {
    const versionId = query.get("versionId");
    const condition = readDeleteCondition({
      etag: headers["if-match"],
      size: headers["x-amz-if-match-size"],
      modifiedAt: headers["x-amz-if-match-last-modified-time"],
    });
    // Only the null version exists; deleting another version deletes nothing and succeeds, as in S3.
    if (!versionId || versionId === "null") {
      await bringDoomed(services, bucket, [{ key, condition }]);
      const takesOver = bucket.settings.takesOver !== undefined;
      await services.metadata.objects.delete(bucket.id, key, condition, takesOver);
    }
    return { status: 204, headers: { "x-amz-version-id": versionId ?? undefined } };
  },
});
