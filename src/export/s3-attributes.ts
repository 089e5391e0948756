/** An object's attributes as headers of S3: those that are sent with it, and those that a service answers with. */
import { isUtf8 } from "node:buffer";
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { StoredObject, Tag } from "../model.ts";

type Headers = Readonly<Record<string, string>>;

/** What the gateway itself says of an object whose type nobody told. */
const DEFAULT_TYPE = "binary/octet-stream";
const STORAGE_CLASS = "x-amz-storage-class";
const TAGGING = "x-amz-tagging";
const LOCATION = "x-amz-website-redirect-location";

export interface SentHeaders {
  readonly headers: Headers;
  /** Apart: a service may not have it. */
  readonly storageClass: Headers;
}

export function headersOf({ attributes }: StoredObject): SentHeaders {
  const { tags, storageClass } = attributes;
  return {
    headers: { ...sentOf({ attributes }), ...(tags && { [TAGGING]: taggingOf(tags) }) },
    storageClass: storageClass === undefined ? {} : { [STORAGE_CLASS]: storageClass },
  };
}

/** Does a service say the same of it? Tags and the storage class apart. */
export function saysTheSame(object: StoredObject, said: HeadObjectCommandOutput): boolean {
  const [here, there] = [comparable(sentOf(object)), comparable(saidIn(said))];
  const names = new Set([...Object.keys(here), ...Object.keys(there)]);
  // Services that serve no websites, as MinIO, forget it.
  if (there[LOCATION] === undefined) names.delete(LOCATION);
  return [...names].every((name) => here[name] === there[name]);
}

export function haveSameTags(tags: readonly Tag[] = [], there: readonly Tag[]): boolean {
  return taggingOf(tags) === taggingOf(there);
}

function sentOf({ attributes }: Pick<StoredObject, "attributes">): Headers {
  const { metadata, contentType = DEFAULT_TYPE } = attributes;
  return given({
    "content-type": contentType,
    "cache-control": attributes.cacheControl,
    "content-disposition": attributes.contentDisposition,
    "content-encoding": attributes.contentEncoding,
    "content-language": attributes.contentLanguage,
    expires: attributes.expires,
    [LOCATION]: attributes.websiteRedirectLocation,
    ...metaHeaders(metadata),
  });
}

function saidIn(said: HeadObjectCommandOutput): Headers {
  return given({
    "content-type": said.ContentType ?? DEFAULT_TYPE,
    "cache-control": said.CacheControl,
    "content-disposition": said.ContentDisposition,
    "content-encoding": said.ContentEncoding,
    "content-language": said.ContentLanguage,
    expires: said.ExpiresString,
    [LOCATION]: said.WebsiteRedirectLocation,
    ...metaHeaders(said.Metadata ?? {}),
  });
}

/** As far as every service keeps it: MinIO forgets an `Expires` that is no time. */
function comparable({ expires, ...others }: Headers): Headers {
  const time = Date.parse(/^[A-Z][a-z]+, /.test(expires ?? "") ? (expires ?? "") : "");
  const texts = Object.entries(others).map(([name, value]) => [name, plain(value)]);
  return { ...Object.fromEntries(texts), ...(Number.isNaN(time) ? {} : { expires: String(time) }) };
}

const ENCODED_WORD = /=\?utf-8\?([qb])\?([^?]*)\?=(?: (?==\?))?/gi;

/** Services answer with text beyond ASCII as it is, which node reads as latin1, or in encoded words (RFC 2047). */
function plain(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  const text = bytes.toString("latin1") === value && isUtf8(bytes) ? bytes.toString() : value;
  return text.replace(ENCODED_WORD, (_, how: string, word: string) => {
    if (how.toLowerCase() === "b") return Buffer.from(word, "base64").toString();
    return Buffer.from(unquoted(word.replaceAll("_", " ")), "latin1").toString();
  });
}

function unquoted(word: string): string {
  return word.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function metaHeaders(metadata: Headers): Headers {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]));
}

function given(headers: Readonly<Record<string, string | undefined>>): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

function taggingOf(tags: readonly Tag[]): string {
  const pairs = tags.map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  return pairs.sort().join("&");
}
