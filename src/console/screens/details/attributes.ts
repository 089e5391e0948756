/** What HeadObject says of an object, and the headers that write the same again. */
import { get } from "../../session.ts";
import { done, type Result } from "../../wire/fault.ts";
import { fromHeader } from "../../wire/header-text.ts";
import { encodePath } from "../../wire/signer.ts";

export interface Attributes {
  readonly size: number;
  readonly etag: string;
  readonly modifiedAt: string;
  /** By the name of the header; only those that are set. */
  readonly headers: Readonly<Record<string, string>>;
  /** Without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The attributes of an object that its writer chooses. */
const WRITTEN = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
  "x-amz-website-redirect-location",
] as const;

const META = "x-amz-meta-";

/** Whoever moves along the list with a key held down asks for none of what is passed. */
const SETTLED_MS = 120;

export async function readAttributes(path: string, signal: AbortSignal): Promise<Result<Attributes>> {
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const answer = await get({ method: "HEAD", path, signal });
  return answer.ok ? done(attributesOf(answer.value.headers)) : answer;
}

function attributesOf(reply: Headers): Attributes {
  const headers = WRITTEN.flatMap((name) => {
    const value = reply.get(name);
    return value === null ? [] : [[name, fromHeader(value)] as const];
  });
  const metadata = [...reply]
    .filter(([name]) => name.startsWith(META))
    .map(([name, value]) => [name.slice(META.length), fromHeader(value)] as const);
  return {
    size: Number(reply.get("content-length")),
    etag: (reply.get("etag") ?? "").replaceAll('"', ""),
    modifiedAt: reply.get("last-modified") ?? "",
    headers: Object.fromEntries(headers),
    metadata: Object.fromEntries(metadata),
  };
}

/** A copy of the object onto itself with these attributes, unless it has changed since `etag`. */
export function rewriteHeaders(path: string, etag: string, attributes: Pick<Attributes, "headers" | "metadata">) {
  const metadata = Object.entries(attributes.metadata).map(([name, value]) => [META + name.toLowerCase(), value]);
  return {
    ...attributes.headers,
    ...(Object.fromEntries(metadata) as Record<string, string>),
    "x-amz-copy-source": encodePath(path),
    "x-amz-copy-source-if-match": `"${etag}"`,
    "x-amz-metadata-directive": "REPLACE",
  };
}
