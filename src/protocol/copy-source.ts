/** `x-amz-copy-source`: bucket and key of a copy's source, percent-decoded once, before anything looks at them. */
import { S3Error } from "../errors.ts";

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  /** "null" names the only version of an unversioned object. */
  readonly versionId: string | undefined;
}

const VERSION = "?versionId=";

/** `[/]bucket/key[?versionId=id]`. Throws InvalidArgument for anything else. */
export function parseCopySource(header: string): CopySource {
  const at = header.indexOf(VERSION);
  const path = decode(at < 0 ? header : header.slice(0, at), header);
  const start = path.startsWith("/") ? 1 : 0;
  const slash = path.indexOf("/", start);
  if (slash <= start || slash === path.length - 1)
    throw invalid(header, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  return {
    bucket: path.slice(start, slash),
    key: path.slice(slash + 1),
    versionId: at < 0 ? undefined : header.slice(at + VERSION.length),
  };
}

function decode(text: string, header: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalid(header, "Invalid copy source encoding.", cause);
  }
}

function invalid(header: string, message: string, cause?: unknown): S3Error {
  return new S3Error(
    "InvalidArgument",
    { message, elements: { ArgumentName: "x-amz-copy-source", ArgumentValue: header } },
    { cause },
  );
}
