/** Tags on the wire: the `x-amz-tagging` header and Tagging documents, checked once, in byte order of key. */
import { invalidArgument, S3Error } from "../errors.ts";
import type { HeaderFields, Tag } from "../model.ts";
import type { XmlElement } from "./read-xml.ts";
import type { XmlContent } from "./xml.ts";

const LIMITS = { object: 10, bucket: 50 } as const;
const MAX_KEY = 128;
const MAX_VALUE = 256;
const ALLOWED = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u;
const HEADER = "x-amz-tagging";

/**
 * Undefined: no tags. Throws InvalidArgument for a header that is no query string or names a key twice, InvalidTag for
 * tags beyond the limits.
 */
export function readTaggingHeader(headers: HeaderFields): readonly Tag[] | undefined {
  const text = headers[HEADER];
  if (text === undefined || text === "") return undefined;
  const tags = text.split("&").map((pair) => {
    const at = pair.indexOf("=");
    return {
      key: decode(at < 0 ? pair : pair.slice(0, at), text),
      value: at < 0 ? "" : decode(pair.slice(at + 1), text),
    };
  });
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw malformedHeader(text);
  return checkTags(tags, "object");
}

function decode(part: string, whole: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch (cause) {
    throw malformedHeader(whole, cause);
  }
}

function malformedHeader(text: string, cause?: unknown): S3Error {
  const { message, elements } = invalidArgument(
    HEADER,
    text,
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name " +
      "duplicates.",
  );
  return new S3Error("InvalidArgument", { message, elements }, { cause });
}

/** A Tagging document; undefined: an empty set. Throws MalformedXML, InvalidTag. */
export function readTagging(tagging: XmlElement | undefined, of: keyof typeof LIMITS): readonly Tag[] | undefined {
  const set = tagging?.child("TagSet");
  if (set === undefined) throw new S3Error("MalformedXML");
  return checkTags(set.children("Tag").map(readTag), of);
}

function readTag(element: XmlElement): Tag {
  const key = element.text("Key");
  const value = element.text("Value");
  if (key === undefined || value === undefined) throw new S3Error("MalformedXML");
  return { key, value };
}

function checkTags(tags: readonly Tag[], of: keyof typeof LIMITS): readonly Tag[] | undefined {
  if (tags.length === 0) return undefined;
  if (tags.length > LIMITS[of])
    throw new S3Error("InvalidTag", {
      message: `${of === "object" ? "Object" : "Bucket"} tags cannot be greater than ${LIMITS[of]}`,
    });
  if (new Set(tags.map(({ key }) => key)).size < tags.length)
    throw new S3Error("InvalidTag", { message: "Cannot provide multiple Tags with the same key" });
  for (const { key, value } of tags) {
    if (key === "" || lengthOf(key) > MAX_KEY || !ALLOWED.test(key))
      throw invalidTag("The TagKey you have provided is invalid", key);
    if (lengthOf(value) > MAX_VALUE || !ALLOWED.test(value))
      throw invalidTag("The TagValue you have provided is invalid", key);
    if (/^aws:/i.test(key)) throw invalidTag("System tags cannot be added/updated by requester", key);
  }
  return tags.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function invalidTag(message: string, key: string): S3Error {
  return new S3Error("InvalidTag", { message, elements: { TagKey: key } });
}

/** The content of a Tagging document. */
export function taggingContent(tags: readonly Tag[] = []): XmlContent {
  return { TagSet: { Tag: tags.map(({ key, value }) => ({ Key: key, Value: value })) } };
}
