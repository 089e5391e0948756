/** UploadPart. https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */

import type { Claims } from "../checksums/claims.ts";
import { S3Error } from "../errors.ts";
import type { Upload } from "../metadata/uploads.ts";
import { checksumHeader } from "../protocol/checksum-headers.ts";
import { quote } from "../protocol/etag.ts";
import { refuseUnserved } from "../protocol/object-headers.ts";
import { readPartNumber } from "../protocol/range.ts";
import { readClaims } from "../protocol/read-claims.ts";
import { findUpload } from "./find-upload.ts";
import { incomingBytes } from "./incoming-bytes.ts";
import { operation } from "./operation.ts";

export const UploadPart = operation({
  on: "object",
  method: "PUT",
  query: { uploadId: true, partNumber: true },
  action: "s3:PutObject",
  async handle(call, services) {
    refuseUnserved(call.headers);
    const partNumber = readPartNumber(call.query) ?? 0;
    const claims = readClaims(call.headers, call.body);
    const upload = await findUpload(call, services);
    const bytes = incomingBytes(call, claimsOfPart(claims, upload));
    const { content, checksum } = await services.blobs.putPart(upload, partNumber, bytes);
    // The upload keeps only checksums of the algorithm it was started with; any other was checked and is only returned.
    const kept = upload.checksumAlgorithm === undefined ? undefined : checksum;
    await services.metadata.uploads.putPart(upload.uploadId, { partNumber, ...content, checksum: kept });
    const algorithm = bytes.claims.checksum?.algorithm;
    return { headers: { ETag: quote(content.etag), ...(algorithm && { [checksumHeader(algorithm)]: checksum }) } };
  },
});

/**
 * Every part of an upload with a checksum algorithm has a checksum, computed when the client sent none. Throws
 * InvalidRequest for another algorithm.
 */
function claimsOfPart(claims: Claims, { checksumAlgorithm: algorithm }: Upload): Claims {
  if (algorithm === undefined) return claims;
  const given = claims.checksum?.algorithm ?? algorithm;
  if (given !== algorithm)
    throw new S3Error("InvalidRequest", {
      message:
        `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, ` +
        `actual checksum Type: ${given.toLowerCase()}`,
    });
  return { ...claims, checksum: claims.checksum ?? { algorithm, value: undefined } };
}
