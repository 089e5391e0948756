/**
 * UploadPartCopy: a stored object, or a range of it, as a part.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
import { heldByTransfer } from "../blobs/held-by-transfer.ts";
import { checksumElement } from "../protocol/checksum-headers.ts";
import { quote } from "../protocol/etag.ts";
import { refuseUnserved } from "../protocol/object-headers.ts";
import { readCopySourceRange, readPartNumber } from "../protocol/range.ts";
import type { XmlDocument } from "../protocol/xml.ts";
import { findCopyOrigin } from "./copy-origin.ts";
import { findUpload } from "./find-upload.ts";
import { operation } from "./operation.ts";

export const UploadPartCopy = operation({
  on: "object",
  method: "PUT",
  query: { uploadId: true, partNumber: true },
  header: "x-amz-copy-source",
  action: "s3:PutObject",
  async handle(call, services) {
    refuseUnserved(call.headers);
    const partNumber = readPartNumber(call.query) ?? 0;
    const upload = await findUpload(call, services);
    const { blob } = await findCopyOrigin(call, services);
    const range = readCopySourceRange(call.headers["x-amz-copy-source-range"], blob.size);
    const algorithm = upload.checksumAlgorithm;
    await call.hold(heldByTransfer(range === undefined ? blob.size : range.last - range.first + 1));
    const copy = async (): Promise<XmlDocument> => {
      const { content, checksum } = await services.blobs.copyPart(
        upload,
        partNumber,
        blob,
        range,
        algorithm,
        call.signal,
      );
      const part = await services.metadata.uploads.putPart(upload.uploadId, { partNumber, ...content, checksum });
      return {
        root: "CopyPartResult",
        content: {
          LastModified: part.modifiedAt.toISOString(),
          ETag: quote(content.etag),
          ...(algorithm && { [checksumElement(algorithm)]: checksum }),
        },
      };
    };
    return { body: copy() };
  },
});
