/**
 * Key and attributes of an object that JSON describes, under the rules of a PUT: what no header could carry is refused,
 * with S3's codes.
 */
import type { Claims } from "../contract/objects.ts";
import { invalidArgument, S3Error } from "../errors.ts";
import type { ObjectAttributes } from "../model.ts";
import { readAttributes } from "../protocol/object-headers.ts";

type ClaimedFile = Claims["files"][number];

const KEY_BYTES = 1024;
/** The characters of a header's name. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no header may carry.
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Half a character, which JSON can hold and UTF-8 cannot. */
const HALF = /\p{Surrogate}/u;

/** Throws KeyTooLongError, InvalidURI for what is no text or holds a NUL. */
export function checkKey(key: string): void {
  if (HALF.test(key) || key.includes("\0")) throw new S3Error("InvalidURI");
  const size = Buffer.byteLength(key);
  if (size <= KEY_BYTES) return;
  throw new S3Error("KeyTooLongError", { elements: { Size: String(size), MaxSizeAllowed: String(KEY_BYTES) } });
}

/** Throws InvalidArgument, MetadataTooLarge. */
export function attributesOf({ contentType, metadata = {} }: ClaimedFile): ObjectAttributes {
  const headers: Record<string, string> = {};
  if (contentType !== undefined) headers["content-type"] = checkValue("Content-Type", contentType);
  for (const [name, value] of Object.entries(metadata)) {
    const header = `x-amz-meta-${name.toLowerCase()}`;
    if (!TOKEN.test(name) || headers[header] !== undefined)
      throw invalidArgument("metadata", name, "A name of metadata must be that of a header, and stand once.");
    headers[header] = checkValue(header, value);
  }
  return readAttributes(headers);
}

function checkValue(name: string, value: string): string {
  const text = value.trim();
  if (!CONTROL.test(text) && !HALF.test(text)) return text;
  throw invalidArgument(name, value, "Header value cannot contain control characters");
}
