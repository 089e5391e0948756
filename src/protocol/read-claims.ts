/**
 * What a client claims about its bytes, in headers or in a trailer still to come. Claims are read before the body; the
 * reader of the body checks them.
 */
import type { Claims } from "../checksums/claims.ts";
import { S3Error } from "../errors.ts";
import type { ChecksumAlgorithm, HeaderFields } from "../model.ts";
import {
  CHECKSUM_ALGORITHMS,
  checksumHeader,
  parseChecksumAlgorithm,
  readChecksumValue,
  severalChecksums,
} from "./checksum-headers.ts";
import type { IncomingBody } from "./incoming-body.ts";

/** Throws InvalidDigest for a Content-MD5 that is none, InvalidRequest for contradictory checksum headers. */
export function readClaims(
  headers: HeaderFields,
  body: Pick<IncomingBody, "sha256" | "announcedTrailers" | "trailers">,
): Claims {
  const md5 = readContentMd5(headers["content-md5"]);
  const checksum = readChecksumClaim(headers, body);
  return { ...(md5 && { md5 }), ...(body.sha256 && { sha256: body.sha256 }), ...(checksum && { checksum }) };
}

function readContentMd5(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 16 || bytes.toString("base64") !== text.trim())
    throw new S3Error("InvalidDigest", { elements: { "Content-MD5": text } });
  return bytes.toString("hex");
}

function readChecksumClaim(
  headers: HeaderFields,
  body: Pick<IncomingBody, "announcedTrailers" | "trailers">,
): Claims["checksum"] | undefined {
  const inHeader = readChecksumValue(headers);
  const inTrailer = CHECKSUM_ALGORITHMS.filter((algorithm) =>
    body.announcedTrailers.includes(checksumHeader(algorithm)),
  );
  const [trailed, second] = inTrailer;
  if (second !== undefined || (trailed !== undefined && inHeader !== undefined)) throw severalChecksums();
  checkNamedAlgorithm(headers["x-amz-sdk-checksum-algorithm"], inHeader?.algorithm ?? trailed);
  if (inHeader !== undefined) return { algorithm: inHeader.algorithm, value: () => inHeader.value };
  return trailed && { algorithm: trailed, value: () => body.trailers()[checksumHeader(trailed)] };
}

function checkNamedAlgorithm(named: string | undefined, given: ChecksumAlgorithm | undefined): void {
  if (named === undefined) return;
  const algorithm = parseChecksumAlgorithm(named, "x-amz-sdk-checksum-algorithm");
  if (given === undefined)
    throw new S3Error("InvalidRequest", {
      message:
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers " +
        "were found.",
    });
  if (given !== algorithm)
    throw new S3Error("InvalidRequest", { message: "Value for x-amz-sdk-checksum-algorithm header is invalid." });
}
