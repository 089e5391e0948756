/** Objects as S3 does not show them: where their copies stand, which others share their bytes, what a delete frees. */
import { scopeAllows } from "../auth/key-scope.ts";
import { deletePreview, deletePreviewQuery, objectDetails, objectQuery } from "../contract/objects.ts";
import { S3Error } from "../errors.ts";
import type { Name } from "../metadata/footprints.ts";
import type { Bucket, FoundObject } from "../model.ts";
import { type ApiCaller, apiOperation } from "./api-operation.ts";
import { checkKey } from "./claim-attributes.ts";
import { badRequest } from "./problems.ts";
import { bucketNamed, checkAccess, findReadable } from "./rights.ts";
import type { ApiServices } from "./services.ts";

const LISTED = 100;
/** Names are counted up to here: a blob can have millions. */
const COUNTED = 10_000;

export const getObjectDetails = apiOperation({
  method: "GET",
  path: "/objects",
  summary: "Where an object's copies stand, which of the account's objects share its bytes, and what a delete frees",
  access: "caller",
  query: objectQuery,
  answer: objectDetails,
  async handle({ caller, query }, services) {
    const found = await findReadable(services, caller, query);
    const { bucket, object, blob } = found;
    const { footprints, readDemand } = services.metadata;
    const demand = await readDemand.of(blob.id);
    return {
      bucket: bucket.name,
      key: object.key,
      size: object.size,
      etag: object.etag,
      modifiedAt: object.modifiedAt,
      contentType: object.attributes.contentType,
      digest: blob.digest,
      storageKey: blob.storageKey,
      replicas: blob.replicas.map(({ backend, state, verifiedAt }) => {
        const member = services.fleet.get(backend);
        const readReplicaUntil = state === "reader" ? demand.get(member?.region.name ?? "") : undefined;
        return { backend, region: member?.region.name, state, verifiedAt, readReplicaUntil, up: member?.up ?? false };
      }),
      names: await namesOf(found, caller, services),
      freesBytes: (await footprints.references(blob.id)) === 1 ? blob.size : 0,
    };
  },
});

/** The object that was asked for comes first. */
async function namesOf({ bucket, object, blob }: FoundObject, caller: ApiCaller, { metadata }: ApiServices) {
  const own: Name = { bucket: bucket.name, key: object.key };
  const { account, scope } = caller;
  const names = await metadata.footprints.names(blob.id, account.id, scope.places, COUNTED);
  const others = names.filter((name) => name.bucket !== own.bucket || name.key !== own.key);
  const isCounted = others.length < names.length || names.length === COUNTED;
  return { count: isCounted ? names.length : names.length + 1, listed: [own, ...others.slice(0, LISTED - 1)] };
}

export const previewDelete = apiOperation({
  method: "POST",
  path: "/delete-preview",
  summary: "What a delete of some keys, or of all with a prefix, would free; nothing is deleted",
  access: "caller",
  body: deletePreviewQuery,
  answer: deletePreview,
  async handle({ caller, body: { bucket: name, keys, prefix }, note }, services) {
    const starts = keys ?? (prefix === undefined ? [] : [prefix]);
    if ((keys === undefined) === (prefix === undefined))
      throw badRequest(keys === undefined ? "/keys" : "/prefix", "either keys or a prefix");
    for (const start of starts) checkKey(start);
    const bucket = await findDeletable(caller, name, starts, services);
    note({ bucket: name, prefix });
    const { footprints } = services.metadata;
    const found =
      prefix === undefined
        ? { ...(await footprints.ofKeys(bucket.id, starts)), truncated: false }
        : await footprints.ofPrefix(bucket.id, prefix, COUNTED);
    return {
      objects: found.objects,
      logicalBytes: found.logicalBytes,
      freesBytes: found.ownBytes,
      freedAt: new Date(services.now().getTime() + services.facts.graceMs),
      truncated: found.truncated,
    };
  },
});

/**
 * The bucket, where the caller may delete and list all that begins so: the figures tell of objects what a listing
 * tells. Throws AccessDenied, NoSuchBucket.
 */
async function findDeletable(
  caller: ApiCaller,
  name: string,
  starts: readonly string[],
  services: ApiServices,
): Promise<Bucket> {
  const isWithin = (start: string) =>
    scopeAllows(caller.scope, "s3:DeleteObject", { bucket: name, key: start }) &&
    scopeAllows(caller.scope, "s3:ListBucket", { bucket: name, prefix: start });
  if (!starts.every(isWithin)) throw new S3Error("AccessDenied");
  const bucket = await bucketNamed(services, name);
  checkAccess(services, caller, "s3:DeleteObject", bucket);
  checkAccess(services, caller, "s3:ListBucket", bucket);
  return bucket;
}
