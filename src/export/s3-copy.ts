/**
 * Copies made by the service itself, where a replica stands on it: no byte passes here. The ETag that it computes for
 * the copy tells whether that is the object.
 */
import { CopyObjectCommand, DeleteObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import type { BackendConfig } from "../backends/kinds.ts";
import { type S3ServiceOptions, withHeaders } from "../backends/s3/client.ts";
import { bareEtag } from "../backends/s3/faults.ts";
import type { FoundObject } from "../model.ts";
import { encodePath } from "../signature-v4.ts";
import { partsOf, uploadInParts } from "./s3-parts.ts";
import { codeOf, type Sending } from "./s3-service.ts";

/** refused: it will copy nothing from that backend. failed: not this one. */
export type CopyOutcome = "copied" | "refused" | "failed";

const REFUSALS = new Set(["AccessDenied", "NoSuchBucket", "NotImplemented", "AllAccessDisabled", "InvalidBucketName"]);

export async function copyWithin(
  to: Sending,
  service: S3ServiceOptions,
  found: FoundObject,
  from: BackendConfig,
): Promise<CopyOutcome> {
  if (!("endpoint" in from) || from.endpoint !== service.endpoint) return "refused";
  const { blob, object } = found;
  const CopySource = `${from.bucket}/${encodePath(`${from.prefix ?? ""}${blob.storageKey}`)}`;
  const source = { CopySource, CopySourceIfMatch: `"${blob.etag}"` };
  try {
    const etag = partsOf(found) === undefined ? await copyWhole(to, source) : await copyParts(to, source, found);
    if (bareEtag(etag) === object.etag) return "copied";
    if (etag !== undefined) await to.client.send(new DeleteObjectCommand(to.where));
    return "failed";
  } catch (error) {
    to.signal.throwIfAborted();
    const code = codeOf(error) ?? "";
    // The caller tries again without it.
    if (code === "InvalidStorageClass") throw error;
    return REFUSALS.has(code) ? "refused" : "failed";
  }
}

interface CopySource {
  readonly CopySource: string;
  readonly CopySourceIfMatch: string;
}

async function copyWhole({ client, where, headers, signal: abortSignal }: Sending, source: CopySource) {
  const copy = new CopyObjectCommand({
    ...where,
    ...source,
    MetadataDirective: "REPLACE",
    TaggingDirective: "REPLACE",
  });
  return (await client.send(withHeaders(copy, headers), { abortSignal })).CopyObjectResult?.ETag;
}

/** Undefined: nothing can be asked of an empty part. */
async function copyParts(to: Sending, source: CopySource, found: FoundObject): Promise<string | undefined> {
  const parts = partsOf(found) ?? [];
  if (parts.some(({ size }) => size === 0)) return undefined;
  return uploadInParts(to, parts, found.object.etag, async ({ range, size }, place) => {
    // S3 takes ranges of large objects only.
    const CopySourceRange = size === found.blob.size ? undefined : `bytes=${range.first}-${range.last}`;
    const copy = new UploadPartCopyCommand({ ...place, ...source, CopySourceRange });
    const { CopyPartResult } = await to.client.send(copy, { abortSignal: to.signal });
    return bareEtag(CopyPartResult?.ETag) ?? "";
  });
}
