/** ListObjectsV2: pages by an opaque token. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
import { continuationToken, readContinuationToken, readEncoding, readLimit, readText } from "../protocol/list-query.ts";
import { commonPrefixesOf, contentsOf, encoded, listPage } from "./listing.ts";
import { operation } from "./operation.ts";

export const ListObjectsV2 = operation({
  on: "bucket",
  method: "GET",
  query: { "list-type": "2" },
  action: "s3:ListBucket",
  async handle({ bucket, query }, services) {
    const { encodingType, encode } = readEncoding(query);
    const prefix = readText(query, "prefix");
    const delimiter = readText(query, "delimiter");
    const startAfter = readText(query, "start-after");
    const limit = readLimit(query, "max-keys");
    const page = await listPage(services, bucket, {
      prefix,
      delimiter,
      after: readContinuationToken(query) ?? startAfter,
      limit,
    });
    return {
      body: {
        root: "ListBucketResult",
        content: {
          Name: bucket.name,
          Prefix: encode(prefix ?? ""),
          KeyCount: page.entries.length,
          MaxKeys: limit,
          Delimiter: encoded(encode, delimiter),
          EncodingType: encodingType,
          IsTruncated: page.truncated,
          ContinuationToken: query.get("continuation-token") ?? undefined,
          NextContinuationToken: page.next === undefined ? undefined : continuationToken(page.next),
          StartAfter: encoded(encode, startAfter),
          Contents: contentsOf(page, encode, query.get("fetch-owner") === "true" ? bucket.owner : undefined),
          CommonPrefixes: commonPrefixesOf(page.entries, encode),
        },
      },
    };
  },
});
