/** Buckets, their settings, and what they take up. */
import { decide } from "../auth/access.ts";
import { scopeAllows } from "../auth/key-scope.ts";
import { pageOf } from "../contract/common.ts";
import { bucket, bucketChange, bucketsQuery, bucketUsage } from "../contract/objects.ts";
import type { Bucket, BucketSettings } from "../model.ts";
import { type ApiCaller, apiOperation } from "./api-operation.ts";
import { badRequest } from "./problems.ts";
import { bucketNamed, findBucket } from "./rights.ts";
import type { ApiServices, GatewayFacts } from "./services.ts";

/** Buckets that are looked at for one page: of those of others, a caller may see few. */
const LOOKED_AT = 10_000;
const AT_ONCE = 1000;

export const listBuckets = apiOperation({
  method: "GET",
  path: "/buckets",
  summary: "The buckets that the caller owns or may list; all of them for operators",
  access: "caller",
  query: bucketsQuery,
  answer: pageOf(bucket),
  async handle({ caller, query: { cursor, limit } }, services) {
    const { found, next } = await findListed(caller, readCursor(cursor), limit, services);
    return {
      items: found.map((one) => documentOf(one, services.facts)),
      next: next === undefined ? undefined : Buffer.from(next).toString("base64url"),
    };
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
    const { copies } = services.facts;
    if ((body.minimumCopies ?? 0) > copies)
      throw badRequest("/minimumCopies", `at most as many as the gateway keeps: ${copies}`);
    const found = await findOwn(caller, "s3:PutBucketSettings", path["bucket"], services);
    await services.metadata.buckets.updateSettings(found.id, (settings) => changed(settings, body));
    note(body);
    return documentOf(await findOwn(caller, "s3:PutBucketSettings", path["bucket"], services), services.facts);
  },
});

export const getBucketUsage = apiOperation({
  method: "GET",
  path: "/buckets/{bucket}/usage",
  summary: "What a bucket takes up, exactly: walks all its objects",
  access: "caller",
  answer: bucketUsage,
  async handle({ caller, path }, services) {
    const { id } = await findOwn(caller, "s3:GetBucketUsage", path["bucket"], services);
    return services.metadata.footprints.ofBucket(id);
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

/** In byte order of name. `next`: the last name looked at, when there are more. */
async function findListed(
  caller: ApiCaller,
  after: string | undefined,
  limit: number,
  { metadata, facts }: ApiServices,
): Promise<{ readonly found: readonly Bucket[]; readonly next: string | undefined }> {
  const isListed = (one: Bucket) =>
    caller.isOperator ||
    (scopeAllows(caller.scope, "s3:ListBucket", { bucket: one.name }) &&
      decide(facts.publicAccess, caller.account, "s3:ListBucket", one) === "allow");
  const found: Bucket[] = [];
  let last = after;
  for (let looked = 0; looked < LOOKED_AT; looked += AT_ONCE) {
    const page = await metadata.buckets.listAll({ ...(last !== undefined && { after: last }), limit: AT_ONCE });
    for (const one of page) {
      if (isListed(one)) {
        if (found.length === limit) return { found, next: last };
        found.push(one);
      }
      last = one.name;
    }
    if (page.length < AT_ONCE) return { found, next: undefined };
  }
  return { found, next: last };
}

function readCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();
}

type Change = { readonly [Name in keyof Own]?: Own[Name] | null | undefined };
type Own = Pick<BucketSettings, "dedup" | "redirect" | "minimumCopies">;

function changed(settings: BucketSettings, change: Change): BucketSettings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const all = { ...settings, ...Object.fromEntries(given) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

function documentOf({ name, owner, createdAt, location, settings }: Bucket, facts: GatewayFacts) {
  const { dedup, redirect, minimumCopies } = settings;
  return {
    name,
    owner: owner.name,
    createdAt,
    location: location || facts.region,
    settings: { dedup, redirect, minimumCopies },
    effective: {
      dedup: dedup ?? facts.dedup,
      redirect: redirect ?? facts.redirect,
      minimumCopies: Math.min(minimumCopies ?? facts.minimumCopies, facts.copies),
    },
  };
}
