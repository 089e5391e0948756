/**
 * ListObjectVersions of a bucket that was never versioned: every object is its own latest version, named `null`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
import { invalidArgument } from "../errors.ts";
import { readEncoding, readLimit, readText } from "../protocol/list-query.ts";
import { commonPrefixesOf, contentsOf, encoded, listPage } from "./listing.ts";
import { operation } from "./operation.ts";

export const ListObjectVersions = operation({
  on: "bucket",
  method: "GET",
  query: { versions: true },
  action: "s3:ListBucketVersions",
  async handle({ bucket, query }, services) {
    const { encodingType, encode } = readEncoding(query);
    const prefix = readText(query, "prefix");
    const delimiter = readText(query, "delimiter");
    const keyMarker = readText(query, "key-marker");
    const versionIdMarker = readText(query, "version-id-marker");
    if (versionIdMarker !== undefined && keyMarker === undefined)
      throw invalidArgument(
        "version-id-marker",
        versionIdMarker,
        "A version-id marker cannot be specified without a key marker.",
      );
    const limit = readLimit(query, "max-keys");
    const page = await listPage(services, bucket, { prefix, delimiter, after: keyMarker, limit });
    const last = page.entries.at(-1);
    return {
      body: {
        root: "ListVersionsResult",
        content: {
          Name: bucket.name,
          Prefix: encode(prefix ?? ""),
          KeyMarker: encode(keyMarker ?? ""),
          VersionIdMarker: versionIdMarker ?? "",
          NextKeyMarker: encoded(encode, page.next),
          NextVersionIdMarker:
            page.truncated && last !== undefined && "object" in last ? last.object.versionId : undefined,
          MaxKeys: limit,
          Delimiter: encoded(encode, delimiter),
          EncodingType: encodingType,
          IsTruncated: page.truncated,
          Version: contentsOf(page, encode, bucket.owner).map((content) => ({
            VersionId: "null",
            IsLatest: true,
            ...(content as object),
          })),
          CommonPrefixes: commonPrefixesOf(page.entries, encode),
        },
      },
    };
  },
});
