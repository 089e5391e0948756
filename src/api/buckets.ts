/** Buckets, their settings, and what they take up. */
import { decide } from "../auth/access.ts";
import { scopeAllows } from "../auth/key-scope.ts";
import { pageOf } from "../contract/common.ts";
import { bucket, bucketChange, bucketsQuery, bucketUsage } from "../contract/objects.ts";
import type { Bucket } from "../model.ts";
import { nameOfOld } from "../old-bucket.ts";
import { type ApiCaller, apiOperation } from "./api-operation.ts";
import { changed, effective } from "./bucket-settings.ts";
import { pageOfRows, readCursor } from "./paging.ts";
import { bucketNamed, findBucket } from "./rights.ts";
import type { ApiServices, GatewayFacts } from "./services.ts";

/** So many are read at once: of those of others, a caller may see few. */
const AT_ONCE = 1000;

export const listBuckets = apiOperation({
  method: "GET",
  path: "/buckets",
  summary: "The buckets that the caller owns or may list; all of them for operators",
  access: "caller",
  query: bucketsQuery,
  answer: pageOf(bucket),
  async handle({ caller, query: { cursor, limit } }, services) {
    const rows = await findListed(caller, readCursor("buckets", cursor), limit + 1, services);
    return pageOfRows(
      "buckets",
      rows,
      limit,
      ({ name }) => name,
      (one) => documentOf(one, services.facts),
    );
  },
});

export const getBucket = apiOperation({
  method: "GET",
  path: "/buckets/{bucket}",
  summary: "A bucket, what was set for it, and what holds",
  access: "caller",
  answer: bucket,
  async handle({ caller, path }, services) {
    return documentOf(await findOwn(caller, "s3:GetBucketSettings", path["bucket"], services), services.facts);
  },
});

export const changeBucket = apiOperation({
  method: "PATCH",
  path: "/buckets/{bucket}",
  summary: "Set what differs from the gateway's own; null takes it back",
  access: "caller",
  body: bucketChange,
  answer: bucket,
  async handle({ caller, path, body, note }, services) {
    const found = await findOwn(caller, "s3:PutBucketSettings", path["bucket"], services);
    await services.metadata.buckets.updateSettings(found.id, (settings) => changed(settings, body, services));
    // The rules themselves may be long.
    note({ ...body, ...(body.cors && { cors: `${body.cors.length} rules` }) });
    return documentOf(await findOwn(caller, "s3:PutBucketSettings", path["bucket"], services), services.facts);
  },
});

export const getBucketUsage = apiOperation({
  method: "GET",
  path: "/buckets/{bucket}/usage",
  summary: "What a bucket takes up, exactly: walks all its objects",
  access: "caller",
  answer: bucketUsage,
  async handle({ caller, path, signal }, services) {
    const { id } = await findOwn(caller, "s3:GetBucketUsage", path["bucket"], services);
    return services.metadata.footprints.ofBucket(id, signal);
  },
});

/** Of the bucket's owner, within its key's scope, or of an operator. Throws AccessDenied, NoSuchBucket. */
async function findOwn(
  caller: ApiCaller,
  action: "s3:GetBucketSettings" | "s3:PutBucketSettings" | "s3:GetBucketUsage",
  name = "",
  services: ApiServices,
): Promise<Bucket> {
  return caller.isOperator ? bucketNamed(services, name) : findBucket(services, caller, action, { bucket: name });
}

/**
 * In byte order of name, `limit` at most. A page ends with a bucket that the caller may list, never with one that was
 * only looked at: its cursor would tell the name.
 */
async function findListed(
  caller: ApiCaller,
  after: string | undefined,
  limit: number,
  { metadata, facts }: ApiServices,
): Promise<readonly Bucket[]> {
  const isListed = (one: Bucket) =>
    caller.isOperator ||
    (scopeAllows(caller.scope, "s3:ListBucket", { bucket: one.name }) &&
      decide(facts.publicAccess, caller.account, "s3:ListBucket", one) === "allow");
  const reader = caller.isOperator ? undefined : caller.account.id;
  const found: Bucket[] = [];
  for (let last = after; found.length < limit; ) {
    const page = await metadata.buckets.listAll({ after: last, limit: AT_ONCE, reader });
    found.push(...page.filter(isListed));
    if (page.length < AT_ONCE) break;
    last = page.at(-1)?.name;
  }
  return found.slice(0, limit);
}

function documentOf({ name, owner, createdAt, location, settings }: Bucket, facts: GatewayFacts) {
  const { dedup, redirect, copies, minimumCopies, placement, readReplicas, cors, takesOver } = settings;
  return {
    name,
    owner: owner.name,
    createdAt,
    location: location || facts.region,
    settings: { dedup, redirect, copies, minimumCopies, placement, readReplicas, cors: cors && [...cors] },
    effective: effective(settings, facts),
    takesOver: takesOver && nameOfOld(takesOver),
  };
}
