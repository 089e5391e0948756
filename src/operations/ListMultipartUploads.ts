/** ListMultipartUploads. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
import type { Upload } from "../metadata/uploads.ts";
import type { Account } from "../model.ts";
import { type Encode, readEncoding, readLimit, readText } from "../protocol/list-query.ts";
import type { XmlContent } from "../protocol/xml.ts";
import { commonPrefixesOf, encoded } from "./listing.ts";
import { operation } from "./operation.ts";
import { ownerOf } from "./owner.ts";

type Entry = { readonly upload: Upload } | { readonly commonPrefix: string };
const NOTHING = { entries: [], truncated: false } as const;

export const ListMultipartUploads = operation({
  on: "bucket",
  method: "GET",
  query: { uploads: true },
  action: "s3:ListBucketMultipartUploads",
  async handle({ bucket, query }, { metadata }) {
    const { encodingType, encode } = readEncoding(query);
    const prefix = readText(query, "prefix");
    const delimiter = readText(query, "delimiter");
    const keyMarker = readText(query, "key-marker");
    // S3 ignores an upload id marker without a key marker.
    const uploadIdMarker = keyMarker === undefined ? undefined : readText(query, "upload-id-marker");
    const limit = readLimit(query, "max-uploads");
    const page =
      limit === 0
        ? NOTHING
        : await metadata.uploads.list(bucket.id, {
            prefix: prefix ?? "",
            delimiter,
            afterKey: keyMarker,
            afterUploadId: uploadIdMarker,
            limit,
          });
    return {
      body: {
        root: "ListMultipartUploadsResult",
        content: {
          Bucket: bucket.name,
          KeyMarker: encode(keyMarker ?? ""),
          UploadIdMarker: uploadIdMarker ?? "",
          ...nextMarkers(page, encode),
          Prefix: encode(prefix ?? ""),
          Delimiter: encoded(encode, delimiter),
          EncodingType: encodingType,
          MaxUploads: limit,
          IsTruncated: page.truncated,
          Upload: page.entries.flatMap((entry) =>
            "upload" in entry ? [uploadOf(entry.upload, encode, bucket.owner)] : [],
          ),
          CommonPrefixes: commonPrefixesOf(page.entries, encode),
        },
      },
    };
  },
});

function nextMarkers(
  { entries, truncated }: { readonly entries: readonly Entry[]; readonly truncated: boolean },
  encode: Encode,
) {
  const last = truncated ? entries.at(-1) : undefined;
  if (last === undefined) return {};
  return "upload" in last
    ? { NextKeyMarker: encode(last.upload.key), NextUploadIdMarker: last.upload.uploadId }
    : { NextKeyMarker: encode(last.commonPrefix), NextUploadIdMarker: "" };
}

function uploadOf(upload: Upload, encode: Encode, bucketOwner: Account): XmlContent {
  const owner = ownerOf(upload.attributes.owner ?? bucketOwner);
  return {
    Key: encode(upload.key),
    UploadId: upload.uploadId,
    Initiator: owner,
    Owner: owner,
    StorageClass: upload.attributes.storageClass ?? "STANDARD",
    Initiated: upload.startedAt.toISOString(),
    ChecksumAlgorithm: upload.checksumAlgorithm,
    ChecksumType: upload.checksumType,
  };
}
