/** Additional checksums on the wire: the names they have in headers and documents, and what a client may ask for. */
import { S3Error } from "../errors.ts";
import type { Checksum, ChecksumAlgorithm, HeaderFields } from "../model.ts";

export const CHECKSUM_ALGORITHMS = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "SHA1",
  "SHA256",
] as const satisfies readonly ChecksumAlgorithm[];

const HEADERS: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: "x-amz-checksum-crc32",
  CRC32C: "x-amz-checksum-crc32c",
  CRC64NVME: "x-amz-checksum-crc64nvme",
  SHA1: "x-amz-checksum-sha1",
  SHA256: "x-amz-checksum-sha256",
};

/** `x-amz-checksum-crc32` */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return HEADERS[algorithm];
}

/** `ChecksumCRC32` */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/** An algorithm's name as a client writes it. Throws InvalidRequest when there is no such algorithm. */
export function parseChecksumAlgorithm(text: string, header: string): ChecksumAlgorithm {
  const upper = text.toUpperCase();
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === upper);
  if (found === undefined)
    throw new S3Error("InvalidRequest", {
      message:
        header === "x-amz-checksum-algorithm"
          ? "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, " +
            "CRC32C, CRC64NVME, SHA1, SHA256]"
          : `Value for ${header} header is invalid.`,
    });
  return found;
}

/** What kind of checksum an upload in parts shall get. Undefined: none was asked for. */
export function readUploadChecksum(
  headers: HeaderFields,
): { readonly algorithm: ChecksumAlgorithm; readonly type: Checksum["type"] } | undefined {
  const text = headers["x-amz-checksum-algorithm"];
  const type = readChecksumType(headers);
  if (text === undefined) {
    if (type !== undefined)
      throw new S3Error("InvalidRequest", {
        message: "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
      });
    return undefined;
  }
  const algorithm = parseChecksumAlgorithm(text, "x-amz-checksum-algorithm");
  const sha = algorithm === "SHA1" || algorithm === "SHA256";
  if ((sha && type === "FULL_OBJECT") || (algorithm === "CRC64NVME" && type === "COMPOSITE"))
    throw new S3Error("InvalidRequest", {
      message: `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    });
  return { algorithm, type: type ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE") };
}

/** `x-amz-checksum-type`. Throws InvalidRequest for any other word. */
export function readChecksumType(headers: HeaderFields): Checksum["type"] | undefined {
  const text = headers["x-amz-checksum-type"]?.toUpperCase();
  if (text === undefined || text === "COMPOSITE" || text === "FULL_OBJECT") return text;
  throw new S3Error("InvalidRequest", { message: "Value for x-amz-checksum-type header is invalid." });
}

/** The one additional checksum a request's headers carry. Throws InvalidRequest for two. */
export function readChecksumValue(
  headers: HeaderFields,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  let found: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers[HEADERS[algorithm]];
    if (value === undefined) continue;
    if (found !== undefined) throw severalChecksums();
    found = { algorithm, value };
  }
  return found;
}

export function severalChecksums(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  });
}
