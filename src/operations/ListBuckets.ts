/**
 * ListBuckets: the caller's own buckets within the scope of its key.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
 */
import { invalidArgument, S3Error } from "../errors.ts";
import { continuationToken, readContinuationToken, readText } from "../protocol/list-query.ts";
import { operation } from "./operation.ts";
import { ownerOf } from "./owner.ts";

const MAX_BUCKETS = 10_000;

export const ListBuckets = operation({
  on: "service",
  method: "GET",
  action: "s3:ListAllMyBuckets",
  async handle({ caller, query }, { metadata, region }) {
    const { account } = caller;
    if (account === undefined) throw new S3Error("AccessDenied");
    const limit = readMaxBuckets(query);
    const prefix = readText(query, "prefix");
    const after = readContinuationToken(query);
    const names = caller.scope.places?.map(({ bucket }) => bucket);
    const found = await metadata.buckets.list(account.id, {
      ...(prefix && { prefix }),
      ...(after && { after }),
      ...(names && { names }),
      limit: limit + 1,
    });
    const buckets = found.slice(0, limit);
    const last = buckets.at(-1);
    return {
      body: {
        root: "ListAllMyBucketsResult",
        content: {
          Owner: ownerOf(account),
          Buckets: {
            Bucket: buckets.map(({ name, createdAt, location }) => ({
              Name: name,
              CreationDate: createdAt.toISOString(),
              BucketRegion: location || region,
            })),
          },
          ContinuationToken: found.length > limit && last !== undefined ? continuationToken(last.name) : undefined,
          Prefix: prefix,
        },
      },
    };
  },
});

function readMaxBuckets(query: URLSearchParams): number {
  const text = readText(query, "max-buckets");
  if (text === undefined) return MAX_BUCKETS;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_BUCKETS)
    throw invalidArgument("max-buckets", text, `Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}`);
  return number;
}
