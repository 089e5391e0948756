/** Which bytes a read asks for: a Range header or a part number, as the inclusive range within the object. */
import { S3Error } from "../errors.ts";
import type { ByteRange, PartOfObject } from "../model.ts";

const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/;
const COPY_RANGE = /^bytes=(\d+)-(\d+)$/;

/**
 * Undefined: the whole object, also for several ranges and for text that is no range: S3 ignores both.
 * Throws InvalidRange when no byte of the object is in it.
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, from, to] = SINGLE_RANGE.exec(header.trim()) ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  const last = size - 1;
  if (from === "") {
    const suffix = Number(to);
    if (suffix === 0 || size === 0) throw unsatisfiable(header, size);
    return { first: Math.max(0, size - suffix), last };
  }
  const first = Number(from);
  if (to !== "" && Number(to) < first) return undefined;
  if (first >= size) throw unsatisfiable(header, size);
  return { first, last: to === "" ? last : Math.min(Number(to), last) };
}

/** The range of a copy's source: both ends named and inside the object, else InvalidArgument or InvalidRange. */
export function readCopySourceRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, from, to] = COPY_RANGE.exec(header) ?? [];
  const range = { first: Number(from), last: Number(to) };
  if (from === undefined || to === undefined || range.last < range.first)
    throw new S3Error("InvalidArgument", {
      message:
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the " +
        "zero-based offsets of the first and last bytes to copy",
      elements: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header },
    });
  if (range.last >= size)
    throw new S3Error("InvalidRange", {
      message: `Range specified is not valid for source object of size: ${size}`,
      elements: { RangeRequested: header, ActualObjectSize: String(size) },
    });
  return range;
}

function unsatisfiable(header: string, size: number): S3Error {
  return new S3Error("InvalidRange", {
    elements: { RangeRequested: header, ActualObjectSize: String(size) },
    headers: { "Content-Range": `bytes */${size}` },
  });
}

const MAX_PART_NUMBER = 10_000;

/** A part number of a query; undefined when there is none. Throws InvalidArgument outside 1 to 10,000. */
export function readPartNumber(query: URLSearchParams): number | undefined {
  const text = query.get("partNumber");
  if (text === null) return undefined;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PART_NUMBER)
    throw new S3Error("InvalidArgument", {
      message: "Part number must be an integer between 1 and 10000, inclusive",
      elements: { ArgumentName: "partNumber", ArgumentValue: text },
    });
  return number;
}

export interface PartRange {
  /** Undefined for an empty part: there is no range without a byte. */
  readonly range: ByteRange | undefined;
  /** Undefined for an object that was not uploaded in parts: its only part is the whole. */
  readonly part: PartOfObject | undefined;
}

/** Where a part lies. Throws InvalidPartNumber when the object has no such part. */
export function rangeOfPart(
  partNumber: number,
  object: { readonly size: number; readonly parts: readonly PartOfObject[] | undefined },
): PartRange {
  if (object.parts === undefined) {
    if (partNumber > 1) throw invalidPartNumber(partNumber, 1);
    return { range: rangeOrNothing(0, object.size), part: undefined };
  }
  let first = 0;
  for (const part of object.parts) {
    if (part.partNumber === partNumber) return { range: rangeOrNothing(first, part.size), part };
    first += part.size;
  }
  throw invalidPartNumber(partNumber, object.parts.length);
}

function rangeOrNothing(first: number, size: number): ByteRange | undefined {
  return size === 0 ? undefined : { first, last: first + size - 1 };
}

function invalidPartNumber(requested: number, count: number): S3Error {
  return new S3Error("InvalidPartNumber", {
    elements: { PartNumberRequested: String(requested), ActualPartCount: String(count) },
  });
}
