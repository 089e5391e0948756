/** Content-Disposition of a file to be saved (RFC 6266), for names of any characters. */
import { encodeComponent } from "../signature-v4.ts";

/** What is no printable ASCII, or has a meaning in a quoted string, in a path, or to clients that decode it. */
const NOT_PLAIN = /[^ -~]|["\\/%]/gu;
/** What no file name holds: the ways into other folders, control characters, halves of characters. */
const NOT_IN_NAMES = /[\\/\p{Cc}\p{Surrogate}]/gu;

/** `attachment` with the name in full for every client of today, and in ASCII for those before them. */
export function contentDisposition(filename: string): string {
  const name = filename.replaceAll(NOT_IN_NAMES, "_");
  return `attachment; filename="${name.replaceAll(NOT_PLAIN, "_")}"; filename*=UTF-8''${encodeComponent(name)}`;
}
