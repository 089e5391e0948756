/**
 * What an S3 service's answers mean. A 404 counts as absent only when the service itself says that the key or upload is
 * not there.
 */
import type { BackendError, BackendFault } from "../backend.ts";

const BY_CODE: ReadonlyMap<string, BackendFault> = new Map([
  ["NoSuchKey", "absent"],
  ["NoSuchUpload", "absent"],
  ["BadDigest", "corrupt"],
  ["XAmzContentSHA256Mismatch", "corrupt"],
  ["InvalidRange", "corrupt"],
  // A node's answer: none of its own copies has the bytes.
  ["ObjectCorrupt", "corrupt"],
  ["SlowDownRead", "corrupt"],
  ["RequestTimeout", "unavailable"],
  ["IncompleteBody", "unavailable"],
  ["AccessDenied", "refused"],
  ["InvalidPart", "refused"],
  ["InvalidPartOrder", "refused"],
  ["EntityTooSmall", "refused"],
  ["EntityTooLarge", "refused"],
  ["QuotaExceeded", "refused"],
  ["XMinioAdminBucketQuotaExceeded", "refused"],
  ["XMinioStorageFull", "refused"],
]);

/** MinIO's answer when its own checksums do not match, but also while too few of its disks answer for a moment. */
const SUSPICIONS: ReadonlySet<string | undefined> = new Set(["SlowDownRead"]);

/**
 * 307: the service is on the move; 404: whatever is missing, it is not known to be the key; 409, 425, 429: another try
 * may work.
 */
const BY_STATUS: ReadonlyMap<number, BackendFault> = new Map([
  [307, "unavailable"],
  [404, "unavailable"],
  [408, "unavailable"],
  [409, "unavailable"],
  [416, "corrupt"],
  [425, "unavailable"],
  [429, "unavailable"],
  [501, "refused"],
  [507, "refused"],
]);

/** MinIO's words in an InternalError about an object whose own metadata it cannot parse. */
const DAMAGED = "file is corrupted";

/**
 * `status` of the answer, or 500 for an error that came inside a 200; `code` and `message` as in the `<Error>`
 * document, if there was one.
 */
export function verdictOf(
  status: number,
  code: string | undefined,
  message = "",
): Pick<BackendError, "fault" | "isSuspicion"> {
  return { fault: faultOf(status, code, message), isSuspicion: SUSPICIONS.has(code) };
}

function faultOf(status: number, code: string | undefined, message: string): BackendFault {
  if (message.includes(DAMAGED)) return "corrupt";
  return (
    (code !== undefined ? BY_CODE.get(code) : undefined) ??
    BY_STATUS.get(status) ??
    (status >= 500 ? "unavailable" : "refused")
  );
}

/** The code and message of an `<Error>` document; undefined when the text holds none. */
export function parseErrorDocument(
  text: string,
): { readonly code: string | undefined; readonly message: string } | undefined {
  if (!/<Error[\s>]/.test(text)) return undefined;
  return {
    code: /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1],
    message: /<Message>([^<]{1,500})<\/Message>/.exec(text)?.[1] ?? "",
  };
}

/** An ETag header without quotes or a weakness mark; undefined when there is none. */
export function bareEtag(header: string | undefined): string | undefined {
  const bare = header?.replace(/^W\//, "").replaceAll('"', "");
  return bare === "" ? undefined : bare;
}
