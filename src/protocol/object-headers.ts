/**
 * The attributes of an object that a write gives in headers. A header that would change the object's meaning and is not
 * served is refused by name.
 */
import { notImplemented, S3Error } from "../errors.ts";
import type { HeaderFields, ObjectAttributes } from "../model.ts";
import { refuseEncryption } from "./encryption-headers.ts";
import { readTaggingHeader } from "./tags.ts";

const META = "x-amz-meta-";
const METADATA_LIMIT = 2048;
const DEFAULT_STORAGE_CLASS = "STANDARD";
/** Storage classes whose objects can be read at once, as ours can. Those of archives need a restore first. */
const STORAGE_CLASSES = new Set([
  DEFAULT_STORAGE_CLASS,
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
]);

/**
 * Throws MetadataTooLarge beyond 2 KiB of user metadata, InvalidStorageClass, InvalidTag, NotImplemented for what
 * `refuseUnserved` names.
 */
export function readAttributes(headers: HeaderFields): ObjectAttributes {
  refuseUnserved(headers);
  const contentEncoding = withoutAwsChunked(headers["content-encoding"]);
  const contentType = headers["content-type"];
  const cacheControl = headers["cache-control"];
  const contentDisposition = headers["content-disposition"];
  const contentLanguage = headers["content-language"];
  const expires = headers["expires"];
  const tags = readTaggingHeader(headers);
  return {
    ...(contentType && { contentType }),
    ...(contentEncoding && { contentEncoding }),
    ...(contentDisposition && { contentDisposition }),
    ...(contentLanguage && { contentLanguage }),
    ...(cacheControl && { cacheControl }),
    ...(expires && { expires }),
    ...readPlacementAttributes(headers),
    metadata: readMetadata(headers),
    ...(tags && { tags }),
  };
}

/**
 * Storage class and website redirect: what a copy takes from its own request even when it keeps the source's metadata.
 */
export function readPlacementAttributes(
  headers: HeaderFields,
): Pick<ObjectAttributes, "storageClass" | "websiteRedirectLocation"> {
  const storageClass = readStorageClass(headers["x-amz-storage-class"]);
  const websiteRedirectLocation = headers["x-amz-website-redirect-location"];
  if (websiteRedirectLocation && !/^(\/|https?:\/\/)/.test(websiteRedirectLocation))
    throw new S3Error("InvalidRedirectLocation");
  return { ...(storageClass && { storageClass }), ...(websiteRedirectLocation && { websiteRedirectLocation }) };
}

function readStorageClass(text: string | undefined): string | undefined {
  if (text === undefined || text === DEFAULT_STORAGE_CLASS) return undefined;
  if (!STORAGE_CLASSES.has(text))
    throw new S3Error("InvalidStorageClass", { elements: { StorageClassRequested: text } });
  return text;
}

function withoutAwsChunked(text: string | undefined): string | undefined {
  if (text === undefined || !/aws-chunked/i.test(text)) return text;
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one.toLowerCase() !== "aws-chunked")
    .join(", ");
}

function readMetadata(headers: HeaderFields): Record<string, string> {
  const entries: [string, string][] = [];
  let size = 0;
  for (const name in headers) {
    if (!name.startsWith(META)) continue;
    const value = headers[name] ?? "";
    entries.push([name.slice(META.length), value]);
    size += Buffer.byteLength(name) - META.length + Buffer.byteLength(value);
  }
  if (size > METADATA_LIMIT)
    throw new S3Error("MetadataTooLarge", { elements: { Size: String(size), MaxSizeAllowed: String(METADATA_LIMIT) } });
  return Object.fromEntries(entries);
}

/** Headers that ask for locks. An object must not be stored without the lock it asks for. */
const OBJECT_LOCK = "x-amz-object-lock-";

/** Throws NotImplemented, with the header's name, for encryption and locks. */
export function refuseUnserved(headers: HeaderFields): void {
  refuseEncryption(headers);
  for (const name in headers) {
    if (name.startsWith(OBJECT_LOCK)) throw notImplemented(name);
  }
}

/** SSE-C headers on a read: there is no such object here. */
export function refuseReadWithKey(headers: HeaderFields): void {
  if (
    headers["x-amz-server-side-encryption-customer-algorithm"] === undefined &&
    headers["x-amz-server-side-encryption-customer-key"] === undefined
  )
    return;
  throw new S3Error("InvalidRequest", { message: "The encryption parameters are not applicable to this object." });
}

/** Only the null version of an object exists. Throws NoSuchVersion for any other. */
export function checkVersionId(versionId: string | null | undefined, key: string): void {
  if (!versionId || versionId === "null") return;
  throw new S3Error("NoSuchVersion", { elements: { Key: key, VersionId: versionId } });
}
