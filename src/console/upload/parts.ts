/**
 * How a file is cut. The size alone decides, so that the same file is cut alike whenever it is uploaded: parts that an
 * earlier attempt stored fit. Limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */

const MIB = 1024 ** 2;
/** Small enough to lose little when the line breaks, large enough that a request's own cost does not count. */
const USUAL_PART = 16 * MIB;
const MAX_PARTS = 10_000;
export const MAX_OBJECT_BYTES = 5 * 1024 ** 4;

export interface Part {
  /** From 1. */
  readonly number: number;
  /** Offset of the first byte. */
  readonly from: number;
  /** Offset behind the last byte. */
  readonly to: number;
}

/** In bytes; a power of two, between 16 MiB and 1 GiB for every size that S3 allows. */
export function partSize(fileSize: number): number {
  let size = USUAL_PART;
  while (fileSize > size * MAX_PARTS) size *= 2;
  return size;
}

/** A file of one part is one PUT, whose signature covers all of it and whose digest the gateway knows at once. */
export function isInParts(fileSize: number): boolean {
  return fileSize > USUAL_PART;
}

/** An empty file is one empty part. */
export function partsOf(fileSize: number): Part[] {
  const size = partSize(fileSize);
  return Array.from({ length: Math.max(1, Math.ceil(fileSize / size)) }, (_, index) => ({
    number: index + 1,
    from: index * size,
    to: Math.min((index + 1) * size, fileSize),
  }));
}
