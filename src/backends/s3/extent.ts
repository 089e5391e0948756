/** How much of an object an answer brings, by its head. */
import type { IncomingMessage } from "node:http";
import type { ByteRange } from "../../model.ts";

export interface Extent {
  /** Of the whole object. */
  readonly size: number;
  /** Of the answer's body. */
  readonly length: number;
}

/** Of a 200 or a 206, or why it cannot be believed. */
export function extentOf(response: IncomingMessage, range: ByteRange | undefined): Extent | string {
  const length = lengthOf(response);
  if (length === undefined) return "no Content-Length";
  if (response.statusCode === 200) {
    const isWhole = range === undefined || (range.first === 0 && length === range.last + 1);
    return isWhole ? { size: length, length } : `${length} bytes in answer to a range`;
  }
  const told = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers["content-range"] ?? "");
  if (range === undefined || told === null) return "a part nobody asked for";
  const [first, last, size] = [Number(told[1]), Number(told[2]), Number(told[3])];
  if (first !== range.first || last !== range.last || length !== last - first + 1 || last >= size)
    return `asked for ${range.first}-${range.last}, got ${told[0]}`;
  return { size, length };
}

export function lengthOf(response: IncomingMessage): number | undefined {
  const length = response.headers["content-length"];
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}
