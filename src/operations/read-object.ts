/**
 * The answer of GetObject and HeadObject without the bytes: conditions, then the range or part, then the headers.
 * On a node, headers embedded in a signed URL replace the stored ones, in the answer and in the conditions.
 */
import type { EmbeddedHeaders } from "../embedded-headers.ts";
import { S3Error } from "../errors.ts";
import type { ByteRange, StoredObject } from "../model.ts";
import { checkReadConditions, ifRangeHolds, type Validators } from "../protocol/conditions.ts";
import { unquote } from "../protocol/etag.ts";
import { checkVersionId, refuseReadWithKey } from "../protocol/object-headers.ts";
import { rangeOfPart, readPartNumber, readRange } from "../protocol/range.ts";
import {
  applyEmbeddedHeaders,
  checksumHeaders,
  headersOf,
  overrideHeaders,
  type ReplyHeaders,
  readEmbeddedHeaders,
  setRange,
} from "../protocol/reply-headers.ts";
import { sandboxPages } from "../protocol/sandbox.ts";
import type { ComingCall, StoredObjectCall } from "./operation.ts";
import { REGIONS_HEADER } from "./requested-regions.ts";

export interface ObjectRead {
  readonly status: 200 | 206 | 304;
  readonly headers: ReplyHeaders;
  /** Undefined: the whole object. */
  readonly range: ByteRange | undefined;
  /** How many bytes are requested. */
  readonly bytes: number;
  /** Any backend can answer: no part or version is requested, and no Range that it might heed where S3 does not. */
  readonly plain: boolean;
}

type ReadCall = StoredObjectCall | ComingCall;

/** Throws PreconditionFailed, InvalidRange, InvalidPartNumber, NoSuchVersion and what the readers of headers throw. */
export function readObject(call: ReadCall, honoursEmbeddedHeaders: boolean): ObjectRead {
  const { headers, query, caller } = call;
  const { object } = call.found;
  refuseReadWithKey(headers);
  if (query.size > 0) checkVersionId(query.get("versionId"), call.key);
  const isPresigned = query.size > 0 && caller.authentication === "presigned";
  const embedded = honoursEmbeddedHeaders && isPresigned ? readEmbeddedHeaders(query) : undefined;
  const validators = embedded === undefined ? object : embeddedValidators(embedded, object);
  if (checkReadConditions(headers, validators) === "notModified") return notModified(object, embedded);
  const partNumber = query.size > 0 ? readPartNumber(query) : undefined;
  const part = partNumber === undefined ? undefined : readPart(call, partNumber);
  const range = part === undefined ? readPlainRange(call, validators) : part.range;
  const whole = part === undefined && range === undefined;
  const withChecksum = headers["x-amz-checksum-mode"]?.toUpperCase() === "ENABLED";
  const reply = headersOf(object, whole && withChecksum);
  const { regions } = object.attributes;
  if (regions !== undefined && isOwner(call)) reply[REGIONS_HEADER] = regions.join(",");
  if (part !== undefined) describePart(reply, object, part, withChecksum);
  if (embedded !== undefined) applyEmbeddedHeaders(reply, embedded);
  overrideHeaders(reply, query, caller.authentication === "anonymous");
  sandboxPages(reply);
  setRange(reply, range, object.size);
  const isUnheeded = range === undefined && headers["range"] !== undefined;
  const bytes = range === undefined ? object.size : range.last - range.first + 1;
  return {
    status: range === undefined ? 200 : 206,
    headers: reply,
    range,
    bytes,
    plain: partNumber === undefined && !isUnheeded && !(query.size > 0 && query.has("versionId")),
  };
}

function isOwner({ caller, found: { bucket, object } }: ReadCall): boolean {
  const { id } = caller.account ?? {};
  return id === (object.attributes.owner ?? bucket.owner).id || id === bucket.owner.id;
}

function readPlainRange({ headers, found }: ReadCall, validators: Validators): ByteRange | undefined {
  const header = headers["range"];
  return header !== undefined && ifRangeHolds(headers["if-range"], validators)
    ? readRange(header, found.object.size)
    : undefined;
}

type Part = ReturnType<typeof rangeOfPart>;

function readPart({ headers, found }: ReadCall, partNumber: number): Part {
  if (headers["range"] !== undefined)
    throw new S3Error("InvalidRequest", { message: "Cannot specify both Range header and partNumber query parameter" });
  return rangeOfPart(partNumber, found.object);
}

function describePart(
  reply: ReplyHeaders,
  { parts, checksum }: StoredObject,
  { part }: Part,
  withChecksum: boolean,
): void {
  if (parts !== undefined) reply["x-amz-mp-parts-count"] = String(parts.length);
  if (!withChecksum || checksum === undefined) return;
  const value = part === undefined ? checksum.value : part.checksum;
  if (value !== undefined) Object.assign(reply, checksumHeaders({ ...checksum, value }));
}

function notModified(object: StoredObject, embedded: EmbeddedHeaders | undefined): ObjectRead {
  const headers = headersOf(object, false);
  for (const name of ["Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition", "Accept-Ranges"])
    delete headers[name];
  if (embedded !== undefined)
    for (const name of ["etag", "last-modified"] as const)
      if (embedded[name] !== undefined) applyEmbeddedHeaders(headers, { [name]: embedded[name] });
  return { status: 304, headers, range: undefined, bytes: 0, plain: true };
}

function embeddedValidators(embedded: EmbeddedHeaders, object: StoredObject): Validators {
  const etag = embedded["etag"];
  const modifiedAt = Date.parse(embedded["last-modified"] ?? "");
  return {
    etag: etag === undefined ? object.etag : unquote(etag),
    modifiedAt: Number.isNaN(modifiedAt) ? object.modifiedAt : new Date(modifiedAt),
  };
}
