/**
 * The parts of an upload become one object on `copies` backends. Each backend completes its own upload; one that lacks
 * parts gets just those from one that is complete, and only then is the whole copied to others. Every step may be
 * repeated: what an earlier try finished is found and counts.
 */
import { BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import { S3Error } from "../../errors.ts";
import type { FreshContent } from "../../metadata/stored-content.ts";
import type { Upload, UploadedPart } from "../../metadata/uploads.ts";
import type { BlobBytes } from "../replicas/copy-replica.ts";
import { fillParts } from "../replicas/fill-parts.ts";
import { type Placement, placementOf } from "../replicas/placement.ts";
import { tooFewBackends } from "../replicas/placer.ts";
import { checkSame } from "../replicas/verify.ts";
import { addReplicas } from "./add-replicas.ts";
import { contextFor, type WriteContext } from "./context.ts";
import { abortOn, reported } from "./multipart.ts";
import { newTrail, outcomeOf } from "./trail.ts";

/** A backend that can be reached and has, or may have, something of the upload. */
interface Site {
  readonly member: FleetMember;
  /** Undefined: no upload is known there, but an earlier try may have copied the whole to it. */
  readonly backendUploadId: string | undefined;
  /** Parts of the object that it lacks. */
  readonly missing: readonly UploadedPart[];
}

/**
 * `signal`: another request has taken over, or the upload was aborted. Throws its reason then; NoSuchUpload;
 * ServiceUnavailable when no backend holds all parts or too few can be brought to hold the whole.
 */
export async function completeUpload(
  shared: WriteContext,
  { bucketId, key, uploadId }: Upload,
  parts: readonly UploadedPart[],
  scope: string | undefined,
  signal: AbortSignal,
): Promise<FreshContent> {
  const { metadata } = shared;
  // Read anew: an earlier try that has failed since may have recorded more backends.
  const upload = await metadata.uploads.find(bucketId, key, uploadId);
  if (upload === undefined) throw new S3Error("NoSuchUpload");
  const { wanted } = upload;
  const context = contextFor(shared, wanted);
  const { placer } = context;
  const partSizes = parts.map((part) => part.size);
  const whole = {
    storageKey: upload.storageKey,
    size: partSizes.reduce((sum, size) => sum + size, 0),
    etag: multipartEtag(parts.map((part) => part.etag)),
    digest: undefined,
    partSizes,
  };
  const trail = newTrail();
  for (const name of [...upload.backends.map(({ backend }) => backend), ...upload.touched]) trail.touched.add(name);
  /** The placement, when the whole stands there now. */
  const attempt = async (site: Site, work: () => Promise<void>): Promise<readonly Placement[]> => {
    try {
      await work();
      return [placementOf(site.member)];
    } catch (error) {
      signal.throwIfAborted();
      trail.failures.push(reported(context, error));
      return [];
    }
  };
  const sites = sitesOf(context, upload, parts);
  const ready = sites.filter(({ missing }) => missing.length === 0);
  const finished = await Promise.all(ready.map((site) => attempt(site, () => completeOn(site, whole, parts))));
  let held: readonly Placement[] = finished.flat();
  for (const site of sites) {
    const [source] = held.flatMap(({ name }) => placer.fleet.get(name) ?? []);
    if (ready.includes(site) || source === undefined || held.length >= placer.copies) continue;
    signal.throwIfAborted();
    held = [...held, ...(await attempt(site, () => fillAndComplete(source, site, whole, parts, signal)))];
  }
  const completed = new Set(held.map(({ name }) => name));
  held = await addReplicas(context, whole, held, new Set(), trail, {
    needed: context.minimumCopies,
    signal,
    before: (name) => metadata.uploads.touch(uploadId, name),
  });
  if (!placer.isEnough(held, context.minimumCopies)) throw tooFewBackends(trail.failures);
  const unused = upload.backends.filter(({ backend }) => !completed.has(backend));
  await abortOn(context, upload, unused);
  const { copies } = placer;
  const good = placer.countGood(held.map(({ name }) => name));
  return {
    kind: "fresh",
    ...whole,
    ...outcomeOf(held, trail),
    ...{ copies, good, scope, replaces: undefined },
    ...(wanted && { wanted }),
  };
}

function sitesOf({ placer }: WriteContext, upload: Upload, parts: readonly UploadedPart[]): readonly Site[] {
  const known = upload.backends.map(({ backend, backendUploadId }) => ({
    backend,
    backendUploadId,
    missing: parts.filter((part) => !part.backends.includes(backend)),
  }));
  const others = upload.touched.map((backend) => ({ backend, backendUploadId: undefined, missing: parts }));
  return [...known, ...others].flatMap(({ backend, ...site }) => {
    const member = placer.fleet.get(backend);
    return member?.up && !(member.draining && site.missing.length > 0) ? [{ member, ...site }] : [];
  });
}

/** What an earlier try brought there stays; else the parts that it lacks are copied from `source` first. */
async function fillAndComplete(
  source: FleetMember,
  site: Site,
  whole: BlobBytes,
  parts: readonly UploadedPart[],
  signal: AbortSignal,
): Promise<void> {
  const { member, backendUploadId, missing } = site;
  try {
    return checkSame(whole, await member.backend.stat(whole.storageKey), member.backend.name);
  } catch (error) {
    if (backendUploadId === undefined || onlyBackendError(error).fault !== "absent") throw error;
  }
  await fillParts(whole, parts, new Set(missing), source, { member, uploadId: backendUploadId }, signal);
  await completeOn(site, whole, parts);
}

async function completeOn(
  { member: { backend }, backendUploadId = "" }: Site,
  whole: BlobBytes,
  parts: readonly UploadedPart[],
): Promise<void> {
  try {
    const answer = await backend.completeUpload(whole.storageKey, backendUploadId, parts);
    checkSame(whole, { size: whole.size, etag: answer.etag }, backend.name);
  } catch (error) {
    const failure = onlyBackendError(error);
    if (failure.fault !== "absent" && failure.fault !== "unavailable") throw failure;
    // The answer to an earlier attempt may have been lost: then the object stands there, and only there can it be seen.
    await backend.stat(whole.storageKey).then(
      (stat) => checkSame(whole, stat, backend.name),
      (error: unknown) => {
        const cause = new AggregateError([failure, error], "neither completed now nor before");
        throw new BackendError(backend.name, "unavailable", { cause });
      },
    );
  }
}
