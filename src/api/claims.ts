/**
 * Files whose content the account holds already become objects at once, without their bytes. As for a PUT that waits
 * for `100 Continue`, a digest alone gives nobody the content: the caller must be able to read some object of its own
 * account with those bytes, one of the first hundred that have them. Whatever else is stored looks like nothing.
 */
import type { z } from "zod";
import { scopeAllows } from "../auth/key-scope.ts";
import { destinationOf } from "../blobs/scope.ts";
import { type Claims, claimed, claims } from "../contract/objects.ts";
import { S3Error } from "../errors.ts";
import type { BlobReader } from "../metadata/blobs.ts";
import type { KnownContent } from "../metadata/stored-content.ts";
import type { Bucket, PartOfObject } from "../model.ts";
import { type ApiCaller, apiOperation } from "./api-operation.ts";
import { attributesOf, checkKey } from "./claim-attributes.ts";
import { ApiError } from "./problems.ts";
import { bucketNamed, checkAccess } from "./rights.ts";
import type { ApiServices } from "./services.ts";

type ClaimedFile = Claims["files"][number];
type Outcome = z.output<typeof claimed>["results"][number];

/** So many at once: their transactions share commits, and other requests get their turn. */
const AT_ONCE = 16;

export const claimObjects = apiOperation({
  method: "POST",
  path: "/claims",
  summary: "Make objects of files whose content the account holds already; the others must be sent",
  access: "caller",
  body: claims,
  answer: claimed,
  async handle({ caller, body: { bucket: name, files }, note }, services) {
    refuseTwice(files);
    const isInScope = ({ key }: ClaimedFile) => scopeAllows(caller.scope, "s3:PutObject", { bucket: name, key });
    // Outside its scope a key learns nothing, not even that a bucket exists.
    if (!files.some(isInScope)) throw new S3Error("AccessDenied");
    const bucket = await bucketNamed(services, name);
    checkAccess(services, caller, "s3:PutObject", bucket);
    await services.metadata.checkRoom();
    const results = await inTurns(files, async (file) =>
      isInScope(file) ? claim(file, bucket, caller, services) : refused(file, "AccessDenied"),
    );
    note({ bucket: name, linked: results.filter(({ outcome }) => outcome === "linked").length });
    return { results };
  },
});

/** Which of the two would stand in the end is not for chance to say. */
function refuseTwice(files: readonly ClaimedFile[]): void {
  const seen = new Set<string>();
  const faults = files.flatMap(({ key }, index) => {
    if (seen.has(key)) return [{ pointer: `/files/${index}/key`, detail: "the same key stands before" }];
    seen.add(key);
    return [];
  });
  if (faults.length > 0) throw new ApiError("BadRequest", undefined, { faults });
}

async function claim(file: ClaimedFile, bucket: Bucket, caller: ApiCaller, services: ApiServices): Promise<Outcome> {
  const { key } = file;
  try {
    checkKey(key);
    const attributes = attributesOf(file);
    const known = await findKnown(file, bucket, caller, services);
    if (known === undefined) return { key, outcome: "needed" };
    const { content, etag, parts } = known;
    const { id: bucketId, owner } = bucket;
    const object = await services.metadata.objects.put({
      ...{ bucketId, key, content, etag, parts, checksum: undefined, condition: {} },
      attributes: { ...attributes, ...(owner.id !== caller.account.id && { owner: caller.account }) },
    });
    return { key, outcome: "linked", etag: object.etag };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    if (error.status < 500) return refused(file, error.code);
    // The blob was reclaimed meanwhile, or its key is much in use: its bytes make it anew.
    if (error.code === "SlowDown") return { key, outcome: "needed" };
    throw error;
  }
}

function refused({ key }: ClaimedFile, code: string): Outcome {
  return { key, outcome: "refused", code };
}

interface Known {
  readonly content: KnownContent;
  readonly etag: string;
  readonly parts: readonly PartOfObject[] | undefined;
}

/** The same statements are run for content that is not known and for content that is others'. */
async function findKnown(
  { sha256, size }: ClaimedFile,
  bucket: Bucket,
  { account, scope: { places } }: ApiCaller,
  { metadata, blobs, facts }: ApiServices,
): Promise<Known | undefined> {
  const { scope, wanted } = destinationOf(bucket, account.id, undefined, facts);
  if (scope === undefined) return undefined;
  const reader: BlobReader = { accountId: account.id, places };
  const found = await metadata.blobs.findByDigest(scope, sha256);
  const blob = found?.size === size ? found : undefined;
  const name = await metadata.blobs.readableName(blob?.id, reader);
  if (blob === undefined || name === undefined) return undefined;
  const content = await blobs.known(blob, wanted);
  if (content === undefined) return undefined;
  // The md5 of the bytes where it is known; else it is as if that object was copied.
  const isWhole = !blob.etag.includes("-");
  if (isWhole || name.parts === undefined) return { content, etag: isWhole ? blob.etag : name.etag, parts: undefined };
  const parts = name.parts.map(({ partNumber, size }) => ({ partNumber, size }));
  return { content, etag: name.etag, parts };
}

/** The results in order, `AT_ONCE` under way at a time. Rejects with the first failure when all of those have ended. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const settled = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(work));
    for (const one of settled) {
      if (one.status === "rejected") throw one.reason;
      results.push(one.value);
    }
  }
  return results;
}
