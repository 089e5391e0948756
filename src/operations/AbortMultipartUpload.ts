/** AbortMultipartUpload. https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
import { findUpload, noSuchUpload } from "./find-upload.ts";
import { operation } from "./operation.ts";

export const AbortMultipartUpload = operation({
  on: "object",
  method: "DELETE",
  query: { uploadId: true },
  action: "s3:AbortMultipartUpload",
  async handle(call, services) {
    const { uploadId } = await findUpload(call, services);
    if (!(await services.metadata.uploads.abort(uploadId))) throw noSuchUpload(uploadId);
    return { status: 204 };
  },
});
