/** The part list of CompleteMultipartUpload: read from its XML and compared with the uploaded parts. */
import { S3Error } from "../errors.ts";
import type { Upload, UploadedPart } from "../metadata/uploads.ts";
import { checksumElement } from "../protocol/checksum-headers.ts";
import { unquote } from "../protocol/etag.ts";
import type { XmlElement } from "../protocol/read-xml.ts";

export interface ListedPart {
  readonly partNumber: number;
  readonly etag: string;
  /** The client's checksum elements, by element name. */
  readonly checksum: (element: string) => string | undefined;
}

const MAX_PARTS = 10_000;
const MIN_PART_BYTES = 5 * 1024 ** 2;

/** At least one part, in ascending order. Throws MalformedXML, InvalidPartOrder. */
export function readPartList(list: XmlElement | undefined): readonly ListedPart[] {
  const elements = list?.children("Part") ?? [];
  if (elements.length === 0 || elements.length > MAX_PARTS) throw new S3Error("MalformedXML");
  const parts = elements.map(readPart);
  parts.reduce((before, part) => {
    if (part.partNumber <= before.partNumber) throw new S3Error("InvalidPartOrder");
    return part;
  });
  return parts;
}

function readPart(element: XmlElement): ListedPart {
  const number = element.text("PartNumber")?.trim() ?? "";
  const etag = element.text("ETag");
  if (!/^\d{1,5}$/.test(number) || Number(number) < 1 || Number(number) > MAX_PARTS || etag === undefined)
    throw new S3Error("MalformedXML");
  return { partNumber: Number(number), etag: unquote(etag), checksum: (name) => element.text(name) };
}

/**
 * The uploaded parts that the list names. Throws InvalidPart for one that is absent or differs, EntityTooSmall for one
 * below 5 MiB that is not the last.
 */
export function matchParts(
  listed: readonly ListedPart[],
  uploaded: readonly UploadedPart[],
  upload: Upload,
): readonly UploadedPart[] {
  const byNumber = new Map(uploaded.map((part) => [part.partNumber, part]));
  const parts = listed.map((one) => matchPart(one, byNumber.get(one.partNumber), upload));
  for (const part of parts.slice(0, -1)) if (part.size < MIN_PART_BYTES) throw tooSmall(part);
  return parts;
}

function matchPart(
  listed: ListedPart,
  part: UploadedPart | undefined,
  { uploadId, checksumAlgorithm }: Upload,
): UploadedPart {
  const claimed = checksumAlgorithm && listed.checksum(checksumElement(checksumAlgorithm));
  if (part === undefined || part.etag !== listed.etag || (claimed !== undefined && claimed !== part.checksum))
    throw new S3Error("InvalidPart", {
      elements: { UploadId: uploadId, PartNumber: String(listed.partNumber), ETag: listed.etag },
    });
  return part;
}

function tooSmall({ size, partNumber, etag }: UploadedPart): S3Error {
  return new S3Error("EntityTooSmall", {
    elements: {
      ProposedSize: String(size),
      MinSizeAllowed: String(MIN_PART_BYTES),
      PartNumber: String(partNumber),
      ETag: etag,
    },
  });
}
