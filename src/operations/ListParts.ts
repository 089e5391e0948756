/** ListParts. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
import { invalidArgument } from "../errors.ts";
import { checksumElement } from "../protocol/checksum-headers.ts";
import { quote } from "../protocol/etag.ts";
import { readEncoding, readLimit, readText } from "../protocol/list-query.ts";
import { findUpload } from "./find-upload.ts";
import { operation } from "./operation.ts";
import { ownerOf } from "./owner.ts";

export const ListParts = operation({
  on: "object",
  method: "GET",
  query: { uploadId: true },
  action: "s3:ListMultipartUploadParts",
  async handle(call, services) {
    const { bucket, key, query } = call;
    const limit = readLimit(query, "max-parts");
    const after = readPartNumberMarker(query);
    const { encodingType, encode } = readEncoding(query);
    const upload = await findUpload(call, services);
    const found = await services.metadata.uploads.parts(upload.uploadId, { after, limit: limit + 1 });
    const parts = found.slice(0, limit);
    const algorithm = upload.checksumAlgorithm;
    return {
      body: {
        root: "ListPartsResult",
        content: {
          Bucket: bucket.name,
          EncodingType: encodingType,
          Key: encode(key),
          UploadId: upload.uploadId,
          Initiator: ownerOf(upload.attributes.owner ?? bucket.owner),
          Owner: ownerOf(upload.attributes.owner ?? bucket.owner),
          StorageClass: upload.attributes.storageClass ?? "STANDARD",
          PartNumberMarker: after,
          NextPartNumberMarker: parts.at(-1)?.partNumber ?? 0,
          MaxParts: limit,
          IsTruncated: limit > 0 && found.length > limit,
          ChecksumAlgorithm: algorithm,
          ChecksumType: upload.checksumType,
          Part: parts.map((part) => ({
            PartNumber: part.partNumber,
            LastModified: part.modifiedAt.toISOString(),
            ETag: quote(part.etag),
            Size: part.size,
            ...(algorithm && { [checksumElement(algorithm)]: part.checksum }),
          })),
        },
      },
    };
  },
});

function readPartNumberMarker(query: URLSearchParams): number {
  const text = readText(query, "part-number-marker") ?? "0";
  if (!/^\d{1,10}$/.test(text))
    throw invalidArgument(
      "part-number-marker",
      text,
      "Argument part-number-marker must be an integer between 0 and 2147483647",
    );
  return Number(text);
}
