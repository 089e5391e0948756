/**
 * Objects in parts: each part goes to the backends as a part of their own uploads, cut alike, so that the backends'
 * ETag is the object's. A backend that missed a part is broken for this upload; completing brings the bytes to another
 * one by copying.
 */
import type { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import { computed } from "../../checksums/digest.ts";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import { S3Error } from "../../errors.ts";
import type { BackendUpload, Upload, UploadedPart } from "../../metadata/uploads.ts";
import type { FreshContent } from "../../model.ts";
import { type Site, siteOf } from "../replicas/placement.ts";
import { tooFewBackends } from "../replicas/placer.ts";
import { writeToAll } from "../replicas/replica-writer.ts";
import { checkSame } from "../replicas/verify.ts";
import { asBackendError, whileUp } from "../while-up.ts";
import { spread } from "./add-replicas.ts";
import type { BytesIn, Ingested } from "./body-source.ts";
import { openOutlet, type Stores } from "./context.ts";
import { pour } from "./verified-body.ts";

/** What of an upload says where its bytes are. */
export type UploadSites = Pick<Upload, "name" | "backends">;

/** What a part became. */
export interface WrittenPart {
  readonly etag: string;
  readonly size: number;
  readonly backends: readonly string[];
}

/** Throws ServiceUnavailable when too few backends can start an upload; then nothing is left. */
export async function startUpload(stores: Stores): Promise<UploadSites> {
  const { sites, names } = stores;
  sites.checkWritable(stores.minimumCopies);
  const name = await names.take();
  const held: { readonly site: Site; readonly upload: BackendUpload }[] = [];
  const tried = new Set<string>();
  const failures: BackendError[] = [];
  const start = async (member: FleetMember) => {
    const backend = member.backend.name;
    tried.add(backend);
    try {
      const backendUploadId = await whileUp(member, () => member.backend.createUpload(name));
      held.push({ site: siteOf(member), upload: { backend, backendUploadId, broken: false } });
    } catch (error) {
      failures.push(reported(stores, error, backend));
    }
  };
  const heldSites = () => held.map(({ site }) => site);
  while (held.length < sites.copies && sites.canBeEnough(heldSites(), tried, stores.minimumCopies)) {
    const members = sites.draw(heldSites(), tried);
    if (members.length === 0) break;
    await Promise.all(members.map(start));
  }
  if (!sites.isEnough(heldSites(), stores.minimumCopies)) {
    await names.discard(name);
    throw tooFewBackends(failures);
  }
  return { name, backends: held.map(({ upload }) => upload) };
}

/**
 * Throws S3Error as `put` does. Backends that fail are marked broken as long as another one holds the part and the rest
 * is healthy enough.
 */
export async function putPart(
  stores: Stores,
  upload: Upload,
  partNumber: number,
  bytes: BytesIn,
): Promise<Ingested<WrittenPart>> {
  const { sites, metadata } = stores;
  sites.checkWritable(stores.minimumCopies);
  const whole = upload.backends.filter((one) => !one.broken);
  const giveUp = new AbortController();
  const failures: BackendError[] = [];
  const outlets = whole.flatMap(({ backend, backendUploadId }) => {
    const member = sites.fleet.get(backend);
    if (!member?.up) return [];
    const open = () => member.backend.writePart(upload.name, backendUploadId, partNumber, bytes.size);
    return openOutlet(stores, member, open, (failure) => {
      failures.push(failure);
      if (outlets.every((outlet) => outlet.failure !== undefined)) giveUp.abort(tooFewBackends(failures));
    });
  });
  if (outlets.length === 0) throw tooFewBackends(failures);
  try {
    // The digest of a part is nobody's: that of the whole is found when it is read. Its md5 is what each store must
    // agree to.
    const { digests, last } = await pour(
      bytes,
      { sha256: false, md5: true },
      (chunk) => writeToAll(outlets, chunk),
      giveUp.signal,
    );
    const md5 = computed(digests.md5);
    if (last !== undefined) await writeToAll(outlets, last);
    await Promise.all(outlets.map((outlet) => outlet.finish(md5)));
    const backends = outlets.filter((outlet) => outlet.failure === undefined).map((outlet) => outlet.site.name);
    if (backends.length === 0) throw partFailure(failures);
    sites.checkWritable(stores.minimumCopies);
    for (const { backend } of whole)
      if (!backends.includes(backend)) await metadata.uploads.markBroken(upload.uploadId, backend);
    return { content: { etag: md5, size: bytes.size, backends }, md5, checksum: digests.checksum };
  } catch (error) {
    for (const outlet of outlets) outlet.abort();
    throw error;
  }
}

/**
 * Throws ServiceUnavailable when no backend holds all parts or too few can be brought to hold the whole; repeating it
 * is safe.
 */
export async function completeUpload(
  stores: Stores,
  upload: UploadSites,
  parts: readonly UploadedPart[],
  scope: string | undefined,
): Promise<FreshContent> {
  const { sites } = stores;
  const layout = parts.map((part) => part.size);
  const size = layout.reduce((sum, part) => sum + part, 0);
  const whole = {
    name: upload.name,
    size,
    etag: multipartEtag(parts.map((part) => part.etag)),
    digest: undefined,
    layout,
  };
  const failures: BackendError[] = [];
  const complete = async ({ backend, backendUploadId, broken }: BackendUpload): Promise<Site[]> => {
    const member = sites.fleet.get(backend);
    if (broken || !member?.up || !parts.every((part) => part.backends.includes(backend))) return [];
    try {
      await completeOn(member, backendUploadId, whole, parts);
      return [siteOf(member)];
    } catch (error) {
      failures.push(reported(stores, error, backend));
      return [];
    }
  };
  const completed = (await Promise.all(upload.backends.map(complete))).flat();
  const held = await spread(stores, whole, completed, new Set(), failures);
  if (!sites.isEnough(held, stores.minimumCopies)) throw tooFewBackends(failures);
  const backends = held.map((site) => site.name);
  await abortOn(
    stores,
    upload,
    upload.backends.filter(({ backend }) => !completed.some((site) => site.name === backend)),
  );
  return { kind: "fresh", ...whole, backends, copies: sites.copies, scope, replaces: undefined };
}

/**
 * Gives the backends' uploads up at once where they can be reached; what remains is a drop job's. A name that is in use
 * by now is left alone.
 */
export async function abortUpload(stores: Stores, upload: UploadSites): Promise<void> {
  await stores.names.discard(upload.name);
  await abortOn(stores, upload, upload.backends);
}

async function completeOn(
  member: FleetMember,
  backendUploadId: string,
  whole: { readonly name: string; readonly size: number; readonly etag: string },
  parts: readonly UploadedPart[],
): Promise<void> {
  const { backend } = member;
  try {
    const answer = await whileUp(member, () => backend.completeUpload(whole.name, backendUploadId, parts));
    checkSame(whole, { size: whole.size, etag: answer.etag }, backend.name);
  } catch (error) {
    const failure = asBackendError(error, backend.name);
    if (failure.fault !== "absent" && failure.fault !== "unavailable") throw failure;
    // The answer to an earlier attempt may have been lost: then the object stands there, and only there can it be seen.
    await whileUp(member, () => backend.stat(whole.name)).then(
      (stat) => checkSame(whole, stat, backend.name),
      (cause: unknown) => {
        throw new AggregateError([failure, cause], "neither completed now nor before");
      },
    );
  }
}

async function abortOn(stores: Stores, upload: UploadSites, backends: readonly BackendUpload[]): Promise<void> {
  const abort = async ({ backend, backendUploadId }: BackendUpload) => {
    const member = stores.sites.fleet.get(backend);
    if (!member?.up) return;
    try {
      await whileUp(member, () => member.backend.abortUpload(upload.name, backendUploadId));
    } catch (error) {
      stores.log.warn({ err: reported(stores, error, backend) }, "an unfinished upload stays on its backend");
    }
  };
  await Promise.all(backends.map(abort));
}

/**
 * A store that no longer knows the upload means that it ended meanwhile; anything else may work when it is tried again.
 */
function partFailure(failures: readonly BackendError[]): S3Error {
  if (failures.length > 0 && failures.every((failure) => failure.fault === "absent"))
    return new S3Error("NoSuchUpload", {}, { cause: failures[0] });
  return tooFewBackends(failures);
}

function reported(stores: Stores, error: unknown, backend: string): BackendError {
  const failure = asBackendError(error, backend);
  stores.sites.fleet.reportFailure(failure);
  return failure;
}
