/**
 * ListObjects, the first version: pages by `marker`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
import { readEncoding, readLimit, readText } from "../protocol/list-query.ts";
import { commonPrefixesOf, contentsOf, encoded, listPage } from "./listing.ts";
import { operation } from "./operation.ts";

export const ListObjects = operation({
  on: "bucket",
  method: "GET",
  action: "s3:ListBucket",
  async handle({ bucket, query }, services) {
    const { encodingType, encode } = readEncoding(query);
    const prefix = readText(query, "prefix");
    const delimiter = readText(query, "delimiter");
    const marker = readText(query, "marker");
    const limit = readLimit(query, "max-keys");
    const page = await listPage(services, bucket, { prefix, delimiter, after: marker, limit });
    return {
      body: {
        root: "ListBucketResult",
        content: {
          Name: bucket.name,
          Prefix: encode(prefix ?? ""),
          Marker: encode(marker ?? ""),
          // S3 returns NextMarker only with a delimiter; otherwise clients take the last key.
          NextMarker: delimiter === undefined ? undefined : encoded(encode, page.next),
          MaxKeys: limit,
          Delimiter: encoded(encode, delimiter),
          EncodingType: encodingType,
          IsTruncated: page.truncated,
          Contents: contentsOf(page, encode, bucket.owner),
          CommonPrefixes: commonPrefixesOf(page.entries, encode),
        },
      },
    };
  },
});
