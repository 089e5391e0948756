/**
 * Reply headers inside a URL that a gateway signs for a node: base64url of a flat JSON object, in one query parameter.
 * One list says which headers may travel so; what the encoder lets through the decoder accepts.
 */
import { S3Error } from "./errors.ts";

/** Header names in lower case. */
export type EmbeddedHeaders = Readonly<Record<string, string>>;

export const EMBEDDED_HEADERS_PARAMETER = "x-nearbucket-reply";

const EMBEDDABLE = new RegExp(
  `^(${[
    "etag|last-modified|cache-control|content-(type|disposition|encoding|language)|expires",
    "x-amz-(version-id|storage-class|website-redirect-location|mp-parts-count|tagging-count)",
    "x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256|type)",
    "x-amz-meta-[!#$%&'*+.^_`|~0-9a-z-]+",
  ].join("|")})$`,
);

// What an HTTP header cannot hold; a tab is allowed.
const UNSENDABLE = /(?!\t)\p{Cc}/u;

/**
 * `name` in lower case. False for what the node says of its own: the length, the range, the date, the request's id.
 */
export function isEmbeddable(name: string): boolean {
  return EMBEDDABLE.test(name);
}

/** The parameter's value. Undefined when no header could carry one of the values: such a reply is not embedded. */
export function encodeEmbeddedHeaders(headers: EmbeddedHeaders): string | undefined {
  for (const name in headers) if (UNSENDABLE.test(headers[name] ?? "")) return undefined;
  return Buffer.from(JSON.stringify(headers)).toString("base64url");
}

/**
 * Throws InvalidArgument for anything but a flat object of text, for a name not on the list, and for control
 * characters.
 */
export function decodeEmbeddedHeaders(text: string): EmbeddedHeaders {
  const parsed = parseObject(text);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== "string" || !isEmbeddable(name) || UNSENDABLE.test(value)) throw unreadable(text);
    headers[name] = value;
  }
  return headers;
}

function parseObject(text: string): object {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (cause) {
    throw unreadable(text, cause);
  }
  throw unreadable(text);
}

function unreadable(text: string, cause?: unknown): S3Error {
  const message = "The embedded reply headers cannot be read";
  const elements = { ArgumentName: EMBEDDED_HEADERS_PARAMETER, ArgumentValue: text };
  return new S3Error("InvalidArgument", { message, elements }, { cause });
}
