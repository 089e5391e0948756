/**
 * One part -> the uploads under way on the backends, streamed at the pace of the slowest. Its ETag is the md5 that the
 * backends agree on: a part cannot be read back before its upload is completed. A last resort does not get it while as
 * many others do as a write needs, and one of these has all parts.
 */
import type { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { Digests } from "../../checksums/digest.ts";
import { S3Error } from "../../errors.ts";
import type { Upload } from "../../metadata/uploads.ts";
import { isLastResort, placementOf } from "../replicas/placement.ts";
import { tooFewBackends } from "../replicas/placer.ts";
import { aliveWriters, type ReplicaWriter, writeToAll } from "../replicas/replica-writer.ts";
import { etagNamedByAll } from "./agreed-etag.ts";
import type { BodySource, Ingested } from "./body-source.ts";
import { contextFor, openReplicaWriter, type WriteContext } from "./context.ts";
import { streamVerified } from "./verified-body.ts";

/** What a part became. */
export interface WrittenPart {
  readonly etag: string;
  readonly size: number;
  readonly backends: readonly string[];
}

/**
 * Throws S3Error as `put` does; ServiceUnavailable too when the backends agree on no md5, which the next try of this
 * upload computes. Each backend of the upload that can be reached gets the part, also one that lacks others: those it
 * gets when the upload is completed. Whether the part counts is decided where it is recorded.
 */
export async function putPart(
  shared: WriteContext,
  upload: Upload,
  partNumber: number,
  bytes: BodySource,
): Promise<Ingested<WrittenPart>> {
  const context = contextFor(shared, upload.wanted);
  const { placer, uploadsToHash } = context;
  placer.checkWritable(context.minimumCopies);
  await context.metadata.checkRoom();
  const failures: BackendError[] = [];
  const giveUp = new AbortController();
  const members = membersFor(context, upload, bytes.size);
  const writers = openWriters(context, upload, members, { partNumber, size: bytes.size, failures, giveUp });
  if (writers.length === 0) throw tooFewBackends(failures);
  try {
    // Nobody asks for the sha256 of a part. The md5 costs most of all that a part costs here: it is computed only where
    // no second backend can vouch for it.
    const isUnsure = writers.length < 2 || members.some((member) => isLastResort(member, bytes.size));
    const wanted = { sha256: false, md5: isUnsure || uploadsToHash.has(upload.uploadId) };
    const received = await streamVerified(bytes, wanted, (chunk) => writeToAll(writers, chunk), giveUp.signal);
    const md5 = await finish(writers, received);
    const backends = aliveWriters(writers).map(({ placement }) => placement.name);
    if (backends.length === 0) throw await partFailure(context, upload, failures);
    placer.checkWritable(context.minimumCopies);
    if (md5 === undefined) {
      uploadsToHash.set(upload.uploadId, true);
      throw tooFewBackends(failures);
    }
    const { checksum } = received.digests;
    return { content: { etag: md5, size: bytes.size, backends }, md5, checksum };
  } catch (error) {
    for (const { sink } of writers) sink.abort();
    throw error;
  }
}

/** The backends of the upload that get the part. One may be in another region than when the upload began. */
function membersFor({ placer, minimumCopies }: WriteContext, upload: Upload, size: number): readonly FleetMember[] {
  const up = upload.backends
    .flatMap(({ backend }) => placer.fleet.get(backend) ?? [])
    .filter(({ up, region }) => up && placer.mayStandIn(region.name));
  const better = up.filter((member) => !isLastResort(member, size));
  const isOneWhole = better.some(({ backend }) => upload.wholeOn.includes(backend.name));
  return isOneWhole && placer.isEnough(better.map(placementOf), minimumCopies) ? better : up;
}

interface PartWrite {
  readonly partNumber: number;
  readonly size: number;
  readonly failures: BackendError[];
  readonly giveUp: AbortController;
}

function openWriters(
  context: WriteContext,
  upload: Upload,
  members: readonly FleetMember[],
  { partNumber, size, failures, giveUp }: PartWrite,
): readonly ReplicaWriter[] {
  const writers: readonly ReplicaWriter[] = upload.backends.flatMap(({ backend, backendUploadId }) => {
    const member = members.find((one) => one.backend.name === backend);
    if (member === undefined) return [];
    const open = (onFailure: (failure: BackendError) => void) =>
      member.backend.writePart(upload.storageKey, backendUploadId, partNumber, size, onFailure);
    const noteFailure = (failure: BackendError) => {
      failures.push(failure);
      if (aliveWriters(writers).length === 0) giveUp.abort(tooFewBackends(failures));
    };
    const hasAll = ({ placement: { name } }: ReplicaWriter) => name !== backend && upload.wholeOn.includes(name);
    return openReplicaWriter(context, member, open, noteFailure, () => aliveWriters(writers).some(hasAll));
  });
  return writers;
}

/** The part's md5: the one computed here, which each backend must name, or the one that they all name. */
async function finish(
  writers: readonly ReplicaWriter[],
  { digests, last }: { readonly digests: Digests; readonly last: Buffer | undefined },
): Promise<string | undefined> {
  if (last !== undefined) await writeToAll(writers, last);
  await Promise.all(writers.map(({ sink }) => sink.finish(digests.md5)));
  return digests.md5 ?? etagNamedByAll(aliveWriters(writers));
}

/**
 * Only the database knows whether the upload has ended. Where it has not, backends do not know it any more because a
 * Complete is under way, or died: it takes no part now, and can still be completed or aborted.
 */
async function partFailure(
  { metadata }: WriteContext,
  { bucketId, key, uploadId }: Upload,
  failures: readonly BackendError[],
): Promise<S3Error> {
  if ((await metadata.uploads.find(bucketId, key, uploadId)) === undefined)
    return new S3Error("NoSuchUpload", {}, { cause: failures[0] });
  return tooFewBackends(failures);
}
